//! An abstract cloud: two services, three tasks, revisions, deployments, tags and one rule's
//! weights. A tick moves every rollout by one task. It has no timers of its own.

use ecs_canary::journal::{Record, ScalingNote};
use ecs_canary::model::ScaleIn;

/// Failures of tasks after which the breaker ends a deployment.
const BREAKER: u8 = 2;

/// Which of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    Full,
    Canary,
}

/// A right that may be missing from some point on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Right {
    ReadDeployments,
    Change,
    Stop,
    Tag,
    Weights,
    Scaling,
}

/// A registered revision. Its version is its content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Revision {
    pub side: Side,
    pub number: u8,
    pub version: u8,
    /// The commit in its tags, as a version: who registered it.
    pub by: Option<u8>,
    pub active: bool,
    /// When our tag says that it succeeded.
    pub succeeded: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    InProgress,
    Successful,
    Stopped,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Deployment {
    pub id: u8,
    pub revision: u8,
    pub at: i64,
    pub status: Status,
}

/// What goes on in a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Motion {
    Still,
    Rolling {
        from: Option<u8>,
        healthy: u8,
        failures: u8,
    },
    GoingBack {
        failed: u8,
        left: u8,
    },
    /// Given up, and nothing was taken back.
    Stuck,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Service {
    pub revision: u8,
    pub desired: u8,
    pub running: u8,
    /// The number of its PRIMARY entry.
    pub primary: u8,
    /// The one of the PRIMARY entry before.
    pub before: u8,
    pub deployments: Vec<Deployment>,
    pub motion: Motion,
    /// Lease and progress in its tags.
    pub record: Option<Record>,
    /// The note of a rollback in its tags.
    pub intent: Option<String>,
    /// ECS stops its tasks before it starts others.
    pub in_place: bool,
    /// Scale-in, where autoscaling sets the count.
    pub scale_in: Option<ScaleIn>,
    /// The open note of a suspended scale-in in its tags.
    pub scaling_note: Option<ScalingNote>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cloud {
    pub services: [Option<Service>; 2],
    pub revisions: Vec<Revision>,
    /// Of the full and of the canary service's group.
    pub weights: Option<(u32, u32)>,
    pub next: u8,
    /// Tasks of this version fail from now on.
    pub bad: Option<u8>,
    pub denied: Option<Right>,
    /// The breaker goes back by itself.
    pub goes_back: bool,
}

/// ECS does not take a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefusedCall;

impl Cloud {
    pub(crate) fn of(&self, side: Side) -> Option<&Service> {
        self.services[side as usize].as_ref()
    }

    pub(crate) fn of_mut(&mut self, side: Side) -> Option<&mut Service> {
        self.services[side as usize].as_mut()
    }

    pub(crate) fn may(&self, right: Right) -> bool {
        self.denied != Some(right)
    }

    pub(crate) fn revision(&self, side: Side, number: u8) -> Option<&Revision> {
        self.revisions.iter().find(|one| one.side == side && one.number == number)
    }

    pub(crate) fn version(&self, side: Side, number: u8) -> u8 {
        self.revision(side, number).map_or(0, |revision| revision.version)
    }

    /// RegisterTaskDefinition: the number.
    pub(crate) fn register(&mut self, side: Side, version: u8, by: Option<u8>) -> u8 {
        let of_side = self.revisions.iter().filter(|one| one.side == side);
        let number = of_side.map(|one| one.number).max().unwrap_or(0) + 1;
        let revision = Revision { side, number, version, by, active: true, succeeded: None };
        self.revisions.push(revision);
        number
    }

    /// CreateService.
    pub(crate) fn create(
        &mut self,
        side: Side,
        (revision, count): (u8, u8),
        now: i64,
    ) -> Result<(), RefusedCall> {
        if self.of(side).is_some() {
            return Err(RefusedCall);
        }
        self.services[side as usize] = Some(Service {
            revision,
            desired: count,
            running: 0,
            primary: 0,
            before: 0,
            deployments: Vec::new(),
            motion: Motion::Still,
            record: None,
            intent: None,
            in_place: false,
            scale_in: None,
            scaling_note: None,
        });
        self.begin(side, revision, None, now);
        Ok(())
    }

    /// UpdateService.
    pub(crate) fn update(
        &mut self,
        side: Side,
        change: &Change,
        now: i64,
    ) -> Result<(), RefusedCall> {
        let gone = |number: u8| self.revision(side, number).is_none_or(|revision| !revision.active);
        if change.revision.is_some_and(gone) {
            return Err(RefusedCall);
        }
        let Some(service) = self.of_mut(side) else { return Err(RefusedCall) };
        if let Some(count) = change.count {
            service.desired = count;
        }
        let running = service.revision;
        let to = change.revision.unwrap_or(running);
        if to == running && !change.force {
            return Ok(());
        }
        let from = match service.motion {
            Motion::Rolling { from, .. } => from,
            Motion::Still | Motion::GoingBack { .. } | Motion::Stuck => Some(running),
        };
        if matches!(service.motion, Motion::Rolling { .. } | Motion::GoingBack { .. })
            && let Some(last) = service.deployments.last_mut()
        {
            last.status = Status::Stopped;
        }
        self.begin(side, to, from, now);
        Ok(())
    }

    fn begin(&mut self, side: Side, revision: u8, from: Option<u8>, now: i64) {
        let id = self.take_id();
        let primary = self.take_id();
        let Some(service) = self.of_mut(side) else { return };
        let status = Status::InProgress;
        service.deployments.push(Deployment { id, revision, at: now, status });
        service.revision = revision;
        service.before = service.primary;
        service.primary = primary;
        service.motion = Motion::Rolling { from, healthy: 0, failures: 0 };
    }

    /// StopServiceDeployment with ROLLBACK.
    pub(crate) fn stop(&mut self, side: Side, id: u8) -> Result<(), RefusedCall> {
        let Some(service) = self.of(side) else { return Err(RefusedCall) };
        let is_last = service.deployments.last().is_some_and(|last| last.id == id);
        match service.motion {
            Motion::Rolling { .. } if is_last => {
                self.give_up(side, true);
                Ok(())
            }
            Motion::GoingBack { .. } if is_last => Ok(()),
            _ => Err(RefusedCall),
        }
    }

    /// The rollout ends badly: back to what ran before, where there is something and ECS does so.
    fn give_up(&mut self, side: Side, goes_back: bool) {
        let id = self.take_id();
        let Some(service) = self.of_mut(side) else { return };
        let Motion::Rolling { from, .. } = service.motion else { return };
        let Some(last) = service.deployments.last_mut() else { return };
        match from.filter(|_| goes_back) {
            Some(from) => {
                last.status = Status::RollbackInProgress;
                service.motion = Motion::GoingBack { failed: service.revision, left: 1 };
                service.revision = from;
                service.before = service.primary;
                service.primary = id;
            }
            None => {
                last.status = Status::Stopped;
                service.motion = Motion::Stuck;
            }
        }
    }

    fn take_id(&mut self) -> u8 {
        self.next += 1;
        self.next
    }

    /// Every rollout goes on by one task.
    pub(crate) fn tick(&mut self) {
        for side in [Side::Full, Side::Canary] {
            let Some(service) = self.of(side) else { continue };
            let fails = Some(self.version(side, service.revision)) == self.bad;
            let goes_back = self.goes_back;
            let Some(service) = self.of_mut(side) else { continue };
            let desired = service.desired;
            match &mut service.motion {
                Motion::Still if fails => service.running = 0,
                Motion::Still if service.running < desired => service.running += 1,
                Motion::Still => service.running = desired,
                Motion::Rolling { failures, .. } if fails && *failures + 1 < BREAKER => {
                    *failures += 1;
                }
                Motion::Rolling { .. } if fails => self.give_up(side, goes_back),
                Motion::Rolling { healthy, .. } if *healthy < desired => *healthy += 1,
                Motion::Rolling { .. } => service.finish(Status::Successful),
                Motion::GoingBack { .. } if fails => {
                    service.finish(Status::RollbackFailed);
                    service.motion = Motion::Stuck;
                }
                Motion::GoingBack { left, .. } if *left > 0 => *left -= 1,
                Motion::GoingBack { .. } => service.finish(Status::RollbackSuccessful),
                Motion::Stuck => {}
            }
        }
    }
}

impl Service {
    /// Targets that answer.
    pub(crate) fn healthy(&self) -> u8 {
        match self.motion {
            Motion::Still => self.running,
            Motion::Rolling { healthy, .. } if self.in_place => healthy,
            Motion::Rolling { from, healthy, .. } => from.map_or(0, |_| self.desired) + healthy,
            Motion::GoingBack { left, .. } if self.in_place => self.desired.saturating_sub(left),
            Motion::GoingBack { .. } => self.desired,
            Motion::Stuck => 0,
        }
    }

    fn finish(&mut self, status: Status) {
        if let Some(last) = self.deployments.last_mut() {
            last.status = status;
        }
        self.running = self.desired;
        self.motion = Motion::Still;
    }
}

/// What an UpdateService asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    pub revision: Option<u8>,
    pub count: Option<u8>,
    pub force: bool,
}
