//! The build from its base to its record.

use super::archive::refuse_archives;
use super::base::{BaseImage, MediaTypes, OCI, base_image};
use super::base_reader::{base_tree, forget};
use super::context::Context;
use super::error::Error;
use super::image_config::ImageConfig;
use super::layer::{WrittenLayer, write_layer};
use super::layout::{LayerPlan, LayoutTrouble, layout};
use super::platform;
use super::push::{Pushed, push_image};
use super::recipe::Recipe;
use super::record::{ImageRecord, PlatformRecord};
use super::request::Checked;
use super::store::{FullImage, Store, size_of};
use super::view::BaseView;
use crate::model::{Event, Finding};
use crate::ports::{Cancel, Reporter};
use crate::registry::{BlobSource, Client, Descriptor, ImageManifest, Manifest, digest_of};
use futures_util::future::try_join_all;
use serde_json::Map;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::Instant;

/// The name of an image that was given none.
const UNNAMED: &str = "localhost/unnamed";

/// Builds; pushes when the request says so, and keeps the image in the store.
///
/// # Errors
/// See [`Error`]; `Cancelled` within a second of being asked.
pub async fn run(
    checked: &Checked,
    context: Context,
    client: &Client,
    store: &Store,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<ImageRecord, Error> {
    let building = Building {
        checked,
        context,
        client,
        store,
        reporter,
        stop: StopOnDrop(Arc::new(AtomicBool::new(false))),
        begun: Instant::now(),
    };
    or_cancelled(cancel, building.run()).await
}

/// Ends `work` when the caller asks to stop.
pub(super) async fn or_cancelled<T>(
    cancel: &Cancel,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        () = cancel.reached(1) => Err(Error::Cancelled),
        done = Box::pin(work) => done,
    }
}

/// Threads that write layers look at this: they end when the build is dropped.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Building<'a> {
    checked: &'a Checked,
    context: Context,
    client: &'a Client,
    store: &'a Store,
    reporter: &'a dyn Reporter,
    stop: StopOnDrop,
    begun: Instant,
}

impl Building<'_> {
    async fn run(&self) -> Result<ImageRecord, Error> {
        let base = base_image(self.checked, self.client).await?;
        let config = match &base {
            Some(base) => base.config.clone(),
            None => ImageConfig::scratch(&self.checked.platform),
        };
        let recipe = self.checked.recipe(config).map_err(|findings| self.invalid(findings))?;
        refuse_archives(self.file(), &recipe.steps, &self.context)?;
        if let Some(base) = &base {
            self.tell(&base.findings);
            let platform = platform::shown(&base.config.platform());
            let text = format!("{}@{} {platform}", base.reference, base.record.digest.short());
            self.reporter.emit(Event::fact("base", text));
        }
        self.tell(&recipe.findings);
        let plans = self.layers(&recipe, base.as_ref()).await?;
        let layers = try_join_all(plans.into_iter().map(|plan| self.write(plan))).await?;
        let (image, config) = self.assemble(base.as_ref(), recipe, &layers)?;
        self.store.add(&image, &config, &self.checked.request.tags)?;
        self.finish(image, &layers).await
    }

    fn file(&self) -> &str {
        &self.checked.request.dockerfile_name
    }

    fn invalid(&self, findings: Vec<Finding>) -> Error {
        Error::Invalid { file: self.file().to_owned(), findings }
    }

    fn tell(&self, findings: &[Finding]) {
        for finding in findings {
            self.reporter.emit(Event::Finding { finding: finding.clone() });
        }
    }

    /// Plans the layers without a look into the base, and with one only if that is needed: so
    /// what comes out never depends on what happens to be known already.
    async fn layers(
        &self,
        recipe: &Recipe,
        base: Option<&BaseImage>,
    ) -> Result<Vec<LayerPlan>, Error> {
        let plan =
            |view: BaseView<'_>| layout(self.file(), &recipe.steps, self.context.tree(), view);
        let planned = match plan(base.map_or(BaseView::Scratch, |_| BaseView::Unseen)) {
            Err(LayoutTrouble::NeedsBase { line, path }) => {
                let Some(base) = base else {
                    return Err(Error::Internal(format!("scratch was asked for /{path}")));
                };
                let text = format!(
                    "looking into {} because of {}:{line} (/{path})",
                    base.reference,
                    self.file()
                );
                self.reporter.emit(Event::fact("base", text));
                let kept = self.store.base_cache();
                if let Some(kept) = kept.filter(|_| self.checked.request.no_cache) {
                    forget(kept, base);
                }
                let tree = base_tree(self.client, base, kept).await?;
                plan(BaseView::Seen(&tree))
            }
            planned => planned,
        };
        match planned {
            Ok((plans, findings)) => {
                self.tell(&findings);
                Ok(plans)
            }
            Err(LayoutTrouble::Wrong(finding)) => Err(finding.into()),
            Err(LayoutTrouble::NeedsBase { path, .. }) => {
                Err(Error::Internal(format!("the base was seen, and /{path} is still unknown")))
            }
        }
    }

    /// Writes one layer in a thread of its own; `None` for an empty one.
    async fn write(&self, plan: LayerPlan) -> Result<Option<(WrittenLayer, PathBuf)>, Error> {
        if plan.entries.is_empty() {
            return Ok(None);
        }
        let mut draft = self.store.draft()?;
        let (context, stop) = (self.context.clone(), Arc::clone(&self.stop.0));
        let created = self.checked.request.created;
        let written = tokio::task::spawn_blocking(move || {
            let layer = write_layer(&plan, &context, created, draft.as_file_mut(), &stop)?;
            Ok::<_, Error>((layer, draft))
        });
        let written = written.await.map_err(|error| Error::Internal(format!("layer: {error}")))?;
        let (layer, draft) = written?;
        let path = self.store.keep(draft, &layer.digest)?;
        Ok(Some((layer, path)))
    }

    /// Puts config and manifest together.
    fn assemble(
        &self,
        base: Option<&BaseImage>,
        recipe: Recipe,
        layers: &[Option<(WrittenLayer, PathBuf)>],
    ) -> Result<(FullImage, Vec<u8>), Error> {
        let request = &self.checked.request;
        let types = base.map_or(OCI, |base| base.types);
        let mut config = recipe.config;
        config.set_created(request.created);
        let mut descriptors = base.map(|base| base.manifest.layers.clone()).unwrap_or_default();
        let mut sources: Vec<BlobSource> = Vec::new();
        if let Some(base) = base {
            let there = BlobSource::Image(base.reference.clone());
            sources.extend(descriptors.iter().map(|_| there.clone()));
        }
        for (by, step) in &recipe.history {
            let layer = step.and_then(|step| layers.get(step)).and_then(Option::as_ref);
            config.add_history(request.created, by, layer.is_none());
            if let Some((layer, path)) = layer {
                config.add_layer(&layer.diff_id);
                descriptors.push(descriptor(types.layer, &layer.digest, layer.size));
                sources.push(BlobSource::File(path.clone()));
            }
        }
        let config_bytes = config.bytes();
        let size = config_bytes.len() as u64;
        let content = ImageManifest {
            schema_version: 2,
            media_type: Some(types.manifest.to_owned()),
            config: descriptor(types.config, &digest_of(&config_bytes), size),
            layers: descriptors,
        };
        sources.insert(0, BlobSource::Memory(config_bytes.clone().into()));
        let image = self.full(content, types, sources, &config, base)?;
        Ok((image, config_bytes))
    }

    fn full(
        &self,
        content: ImageManifest,
        types: MediaTypes,
        sources: Vec<BlobSource>,
        config: &ImageConfig,
        base: Option<&BaseImage>,
    ) -> Result<FullImage, Error> {
        let bytes = serde_json::to_vec(&content)
            .map_err(|error| Error::Internal(format!("manifest: {error}")))?;
        let manifest = Manifest::new(types.manifest, bytes);
        let request = &self.checked.request;
        let platform = config.platform();
        let repository = request.tags.first().map_or_else(|| UNNAMED.to_owned(), |tag| tag.name());
        let record = ImageRecord {
            image: pinned(&repository, &manifest)?,
            repository,
            digest: manifest.digest.clone(),
            tags: request.tags.iter().map(ToString::to_string).collect(),
            platforms: vec![PlatformRecord {
                os: platform.os,
                architecture: platform.architecture,
                digest: manifest.digest.clone(),
                size: size_of(&content),
            }],
            base: base.map(|base| base.record.clone()).into_iter().collect(),
            pushed_bytes: 0,
            seconds: 0.0,
            commit: request.commit.clone(),
            engine: "embedded".to_owned(),
        };
        Ok(FullImage { manifest, content, sources, record })
    }

    async fn finish(
        &self,
        image: FullImage,
        layers: &[Option<(WrittenLayer, PathBuf)>],
    ) -> Result<ImageRecord, Error> {
        let request = &self.checked.request;
        let mut record = image.record.clone();
        let mut how = "built, not pushed".to_owned();
        if request.push {
            let pushed = push_image(self.client, &image, &request.tags).await?;
            record.pushed_bytes = pushed.bytes;
            how = told(&pushed);
        }
        record.seconds = seconds_since(self.begun);
        self.store.set_record(&record)?;
        let new: u64 = layers.iter().flatten().map(|(layer, _)| layer.size).sum();
        let count = layers.iter().flatten().count();
        let text = format!("{} ({count} new layers, {}; {how})", record.image, bytes(new));
        self.reporter.emit(Event::fact("image", text));
        Ok(record)
    }
}

/// What a push did, for people.
pub(super) fn told(pushed: &Pushed) -> String {
    if pushed.unchanged {
        return "was there already".to_owned();
    }
    let mounted = match pushed.mounted {
        0 => String::new(),
        count => format!(", {count} layers mounted"),
    };
    format!("pushed {}{mounted}", bytes(pushed.bytes))
}

/// Time since `begun`, in seconds with three digits.
pub(super) fn seconds_since(begun: Instant) -> f64 {
    (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}

/// Bytes as people read them.
fn bytes(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let count_f = count as f64;
    match count {
        0..1000 => format!("{count} B"),
        1000..1_000_000 => format!("{:.1} kB", count_f / 1e3),
        _ => format!("{:.1} MB", count_f / 1e6),
    }
}

fn descriptor(media_type: &str, digest: &crate::model::Digest, size: u64) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: digest.clone(),
        size,
        other: Map::new(),
    }
}

pub(super) fn pinned(
    repository: &str,
    manifest: &Manifest,
) -> Result<crate::model::PinnedImage, Error> {
    format!("{repository}@{}", manifest.digest.as_str())
        .parse()
        .map_err(|error| Error::Internal(format!("{error}")))
}
