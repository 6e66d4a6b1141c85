//! A context on disk, a registry, and a build of the one pushed to the other.

use ecs_canary::build::{
    self, BuildRequest, Context, ContextLimits, ErrorClass, ImageRecord, Store,
};
use ecs_canary::model::{Event, ImageReference, Secret, Timestamp};
use ecs_canary::ports::{Cancel, CancelHandle, Reporter};
use ecs_canary::registry::{Access, Client, Credentials, Patience};
use ecs_sim::registry::{Auth, ImageReader, PulledImage, RegistryHandle, RegistryOptions};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const DOCKERFILE: &str = "FROM nginx:1.27\n\
    COPY conf/test.conf /etc/nginx/conf.d/default.conf\n\
    COPY html /usr/share/nginx/html\n";

/// Keeps what was told.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<String>>);

impl Reporter for Told {
    fn emit(&self, event: Event) {
        let line = match event {
            Event::Fact { label, text } => format!("{label}: {text}"),
            Event::Finding { finding } => finding.to_string(),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}

impl Told {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// A project's directory, a store, and the registry that is both mirror and target.
pub(crate) struct Setup {
    pub(crate) registry: RegistryHandle,
    pub(crate) project: TempDir,
    pub(crate) store: Store,
    pub(crate) told: Told,
    pub(crate) access: Access,
    store_dir: TempDir,
}

pub(crate) fn user() -> String {
    "ci".to_owned()
}

pub(crate) fn password() -> String {
    "s3cret-password".to_owned()
}

pub(crate) fn basic() -> Auth {
    Auth::Basic { user: user(), password: password() }
}

pub(crate) fn bearer(token_uses: u32) -> Auth {
    Auth::Bearer { user: user(), password: password(), token_uses, anonymous_pull: false }
}

pub(crate) fn impatient() -> Patience {
    Patience {
        connect: Duration::from_secs(2),
        idle: Duration::from_millis(400),
        retries: vec![Duration::from_millis(5), Duration::from_millis(5)],
    }
}

impl Setup {
    pub(crate) async fn new(auth: Auth) -> Self {
        let options = RegistryOptions { auth, ..RegistryOptions::default() };
        let registry = RegistryHandle::start(options).await.unwrap();
        let _digest = registry.seed_nginx();
        let project = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = project.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("conf/test.conf", "server { listen 80; }\n");
        write("html/index.html", "<h1>v1</h1>\n");
        let mut credentials = Credentials::default();
        credentials.insert(&registry.host(), user(), Secret::new(password()));
        let access = Access {
            credentials,
            plain_http: vec![registry.host()],
            mirrors: BTreeMap::from([("docker.io".to_owned(), vec![registry.url()])]),
            patience: impatient(),
            ..Access::default()
        };
        let store_dir = tempfile::tempdir().unwrap();
        let store = Store::open(store_dir.path()).unwrap();
        Self { registry, project, store, told: Told::default(), access, store_dir }
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.access.clone())
    }

    pub(crate) fn store_path(&self) -> &Path {
        self.store_dir.path()
    }

    pub(crate) fn name(&self, tag: &str) -> ImageReference {
        format!("{}/group/app:{tag}", self.registry.host()).parse().unwrap()
    }

    pub(crate) fn request(&self, dockerfile: &str) -> BuildRequest {
        BuildRequest {
            dockerfile_name: "Dockerfile".to_owned(),
            dockerfile_text: dockerfile.to_owned(),
            build_args: BTreeMap::new(),
            platform: Some("linux/amd64".to_owned()),
            target: None,
            labels: BTreeMap::new(),
            tags: vec![self.name("1.0.0")],
            push: true,
            created: Timestamp::from_millis(1_700_000_000_000),
            commit: None,
            no_cache: false,
        }
    }

    pub(crate) async fn build(&self, dockerfile: &str) -> Result<ImageRecord, build::Error> {
        self.build_request(self.request(dockerfile)).await
    }

    pub(crate) async fn build_request(
        &self,
        request: BuildRequest,
    ) -> Result<ImageRecord, build::Error> {
        let (_handle, cancel) = CancelHandle::new();
        self.build_until(request, &cancel).await
    }

    pub(crate) async fn build_until(
        &self,
        request: BuildRequest,
        cancel: &Cancel,
    ) -> Result<ImageRecord, build::Error> {
        let file = request.dockerfile_name.clone();
        let checked =
            build::check(request).map_err(|findings| build::Error::Invalid { file, findings })?;
        let ignore = fs::read_to_string(self.project.path().join(".dockerignore"));
        let mut tar = tempfile::tempfile().unwrap();
        let _packed = build::pack_context(
            self.project.path(),
            &ignore.unwrap_or_default(),
            &checked,
            &mut tar,
        )?;
        let context = Context::from_tar(tar, ContextLimits::default())?;
        let client = self.client();
        build::run(&checked, context, &client, &self.store, &self.told, cancel).await
    }

    /// Pulls what was pushed, with the independent reader.
    pub(crate) async fn pulled(&self, image: &str) -> PulledImage {
        let (user, password) = (user(), password());
        ImageReader::new(Some((&user, &password))).pull(image).await.unwrap()
    }

    /// How a build ends that does not succeed: its class, and all that is told of it.
    pub(crate) async fn failure(&self, dockerfile: &str) -> (ErrorClass, String) {
        let error = self.build(dockerfile).await.expect_err("the build succeeded");
        (error.class(), chain(&error))
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &build::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    match error.hint() {
        Some(hint) => format!("{text} / {hint}"),
        None => text,
    }
}

/// The content of a file of a pulled image.
pub(crate) fn content(image: &PulledImage, path: &str) -> String {
    let node = image.files.get(path).unwrap_or_else(|| panic!("{path} is not in the image"));
    String::from_utf8_lossy(&node.content).into_owned()
}
