//! Starting and stopping a simulated cloud. Owns its sockets and background tasks: all of
//! them end with the handle.

use super::agent::Agent;
use super::brain::{
    Cloud, EXAMPLE_LISTENER, FateRule, Fault, RecordedCall, ScriptLine, ServiceRow, SimTime, Tally,
    TrafficPlan,
};
use super::data_plane::Balancer;
use super::http::{Api, Shared, VirtualClock, drive, serve};
use super::options::SimOptions;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// Starts simulated clouds.
#[derive(Debug)]
pub struct SimCloud;

/// A running simulated cloud; dropping it stops it.
#[derive(Debug)]
pub struct SimCloudHandle {
    /// `http://127.0.0.1:PORT`: all services, for `AWS_ENDPOINT_URL`.
    pub endpoint: String,
    /// `http://127.0.0.1:PORT`: the example's load balancer.
    pub load_balancer: String,
    shared: Shared,
    agent: Agent,
    background: Vec<JoinHandle<()>>,
}

impl SimCloud {
    /// Starts a cloud on free loopback ports, on the runtime that calls this.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(options: SimOptions) -> std::io::Result<SimCloudHandle> {
        let clock = VirtualClock::start(options.start, options.speed);
        let cloud = if options.example {
            Cloud::example(options.cloud_options(), clock.now())
        } else {
            Cloud::new(options.cloud_options())
        };
        let shared = Shared::new(cloud, clock);
        let agent = Agent::new(options.registries, options.secrets);
        let api = listen(options.ports.0).await?;
        let balancer = listen(options.ports.1).await?;
        let mut handle = SimCloudHandle {
            endpoint: url(&api)?,
            load_balancer: url(&balancer)?,
            shared: shared.clone(),
            agent: agent.clone(),
            background: Vec::new(),
        };
        handle.run(serve(api, Api::new(shared.clone())));
        handle.run(serve(balancer, Balancer::new(shared.clone(), agent.clone(), EXAMPLE_LISTENER)));
        handle.run(drive(shared, agent));
        Ok(handle)
    }
}

impl SimCloudHandle {
    /// Does something with the account at the present virtual time: scripts it, looks into it.
    pub fn with<T>(&self, act: impl FnOnce(&mut Cloud, SimTime) -> T) -> T {
        self.shared.with(act)
    }

    /// The present virtual time.
    pub fn now(&self) -> SimTime {
        self.shared.clock.now()
    }

    /// Sets a fault.
    pub fn fault(&self, fault: Fault) {
        self.with(|cloud, _| cloud.add_fault(fault));
    }

    /// Scripts what becomes of new tasks.
    pub fn fate(&self, rule: FateRule) {
        self.with(|cloud, _| cloud.set_fate(rule));
    }

    /// Lets users come to the load balancer from now on, in virtual time.
    pub fn traffic(&self, plan: TrafficPlan) {
        self.with(|cloud, _| cloud.start_traffic(plan));
    }

    /// Lets deeds be done from now on, each at its time.
    pub fn script(&self, lines: Vec<ScriptLine>) {
        self.with(|cloud, _| cloud.run_script(lines));
    }

    /// What users met so far, by the image references of the tasks that answered.
    pub fn tallies(&self) -> BTreeMap<String, Tally> {
        self.with(|cloud, _| cloud.tallies().clone())
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.with(|cloud, _| cloud.calls().to_vec())
    }

    /// Calls so far that ask for a change, whether it was made or not.
    pub fn changes(&self) -> Vec<RecordedCall> {
        self.calls().into_iter().filter(|call| call.mutating).collect()
    }

    /// What was asked for and is not simulated.
    pub fn unknown_actions(&self) -> Vec<String> {
        self.with(|cloud, _| cloud.unknown_actions().to_vec())
    }

    /// All services with what runs in them.
    pub fn services(&self) -> Vec<ServiceRow> {
        self.with(|cloud, _| cloud.services())
    }

    /// Lets virtual time jump ahead; everything on the way happens.
    pub fn jump(&self, span: Duration) {
        self.shared.clock.jump(span);
        self.with(|_, _| ());
    }

    /// Opens another port for a listener of one's own and gives its address.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn listen(&mut self, listener_arn: &str) -> std::io::Result<String> {
        let socket = listen(0).await?;
        let address = url(&socket)?;
        let balancer = Balancer::new(self.shared.clone(), self.agent.clone(), listener_arn);
        self.run(serve(socket, balancer));
        Ok(address)
    }

    /// Stops the cloud and waits until its sockets are closed.
    pub async fn shutdown(mut self) {
        let mut ended = JoinSet::new();
        for task in std::mem::take(&mut self.background) {
            task.abort();
            ended.spawn(task);
        }
        while ended.join_next().await.is_some() {}
    }

    fn run(&mut self, background: impl Future<Output = ()> + Send + 'static) {
        self.background.push(tokio::spawn(background));
    }
}

impl Drop for SimCloudHandle {
    fn drop(&mut self) {
        for task in &self.background {
            task.abort();
        }
    }
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

fn url(listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}
