//! Pulls images by reference, each digest once.

use super::site::Site;
use crate::cloud::brain::{PullImage, PullRequest, Pulled};
use crate::cloud::options::RegistryLogin;
use crate::registry::ImageReader;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An agent for all tasks of the account.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    registries: Arc<Vec<RegistryLogin>>,
    /// Secrets that hold a login; `None` = none is needed to use it.
    secrets: Arc<Option<Vec<String>>>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// By image reference with its digest.
    images: BTreeMap<String, (String, Arc<Site>)>,
    /// One pull of a reference at a time: tasks that start together pull an image once.
    turns: BTreeMap<String, Arc<tokio::sync::Mutex<()>>>,
    /// By task id: the first container that serves something.
    sites: BTreeMap<String, Arc<Site>>,
}

impl Agent {
    pub(crate) fn new(registries: Vec<RegistryLogin>, secrets: Option<Vec<String>>) -> Self {
        Self { registries: Arc::new(registries), secrets: Arc::new(secrets), kept: Arc::default() }
    }

    /// Pulls the images of a task; the error is the text after `CannotPullContainerError: `.
    pub(crate) async fn pull(&self, job: &PullRequest) -> Result<Pulled, String> {
        let mut digests = Vec::new();
        let mut sites = Vec::new();
        for image in &job.images {
            let (digest, site) = self.image(image).await?;
            digests.push((image.container.clone(), digest));
            sites.push(site);
        }
        let serving = sites.iter().find(|site| site.page("/").status == 200).or(sites.first());
        let front_page_status = serving.map_or(503, |site| site.page("/").status);
        if let Some(site) = serving {
            self.kept().sites.insert(job.task.clone(), site.clone());
        }
        Ok(Pulled { digests, front_page_status })
    }

    /// What a task serves; `None` when it was not pulled by this agent.
    pub(crate) fn site(&self, task: &str) -> Option<Arc<Site>> {
        self.kept().sites.get(task).cloned()
    }

    async fn image(&self, image: &PullImage) -> Result<(String, Arc<Site>), String> {
        let reference = &image.reference;
        let turn = self.kept().turns.entry(reference.clone()).or_default().clone();
        let _turn = turn.lock().await;
        // A tag may move; only a digest stays what it is.
        let is_fixed = reference.contains('@');
        if is_fixed && let Some(kept) = self.kept().images.get(reference).cloned() {
            return Ok(kept);
        }
        let (host, rest) = reference.split_once('/').unwrap_or(("docker.io", reference.as_str()));
        let known = self.registries.iter().find(|registry| registry.host == host);
        let address = known.map_or(host, |registry| &registry.address);
        let login = known
            .and_then(|registry| registry.login.as_ref())
            .filter(|_| self.may_use_login(image.secret.as_ref()))
            .map(|(user, password)| (user.as_str(), password.as_str()));
        let image = ImageReader::new(login)
            .pull(&format!("{address}/{rest}"))
            .await
            .map_err(|error| format!("Error response from daemon: {reference}: {error}"))?;
        let site = Arc::new(Site::of(&image.files));
        if is_fixed {
            let kept = (image.digest.clone(), site.clone());
            self.kept().images.insert(reference.clone(), kept);
        }
        Ok((image.digest, site))
    }

    fn may_use_login(&self, secret: Option<&String>) -> bool {
        match &*self.secrets {
            None => true,
            Some(known) => secret.is_some_and(|secret| known.contains(secret)),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
