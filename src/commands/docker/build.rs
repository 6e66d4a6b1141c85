//! `docker build` and `docker buildx build`.

use super::DockerBuildArgs;
use crate::build::{ImageRecord, StoredImage};
use crate::commands::build::{self, Wish};
use crate::commands::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, Finding, Outcome, OutcomeKind};
use crate::ports::Reporter;
use serde_json::json;

/// Names of the records that go where the caller wants them.
pub(in crate::commands) const IIDFILE: &str = "iidfile";
pub(in crate::commands) const METADATA: &str = "metadata-file";

impl DockerBuildArgs {
    pub(super) fn wish(&self) -> Wish<'_> {
        Wish {
            context: &self.context,
            file: self.file.as_deref(),
            tags: &self.tag,
            build_args: &self.build_arg,
            labels: &self.label,
            platform: self.platform.as_deref(),
            target: self.target.as_deref(),
            push: self.push || self.output.iter().any(|output| pushes(output)),
            no_cache: self.no_cache,
        }
    }

    /// What is accepted and changes nothing, said once each.
    fn notes(&self) -> Vec<Finding> {
        let mut notes = Vec::new();
        if !self.cache_from.is_empty() || !self.cache_to.is_empty() {
            notes.push(Finding::note(
                "--cache-from and --cache-to are not needed: layers that the registry has are \
                 neither built nor sent again",
            ));
        }
        if !self.secret.is_empty() || !self.ssh.is_empty() || self.network.is_some() {
            notes.push(Finding::note(
                "--secret, --ssh and --network are for RUN, which is not carried out here",
            ));
        }
        notes
    }

    /// Contexts and results that are no files of the job and no images.
    fn places(&self) -> Result<(), Failure> {
        let usage =
            |message: String, hint: &str| Err(Failure::new(Exit::Usage, message).hint(hint));
        let context = self.context.as_str();
        if context == "-" || self.file.as_deref() == Some("-") {
            return usage(
                "`docker build -`: nothing is read from standard input".to_owned(),
                "write the Dockerfile to a file: docker build -f FILE .",
            );
        }
        let is_git = context.starts_with("git@") || context.ends_with(".git");
        if context.contains("://") || is_git {
            return usage(
                format!("the context {context} is not fetched"),
                "clone or download it in the script, and name its directory",
            );
        }
        match self.output.iter().find(|output| !is_image(output)) {
            Some(output) => usage(
                format!("--output {output}: an image stays in the job, or is pushed"),
                "leave it out, or write --push; -t names the image",
            ),
            None => Ok(()),
        }
    }

    /// Options that promise what is not made.
    fn promises(&self) -> Result<(), Failure> {
        let options = [("--provenance", &self.provenance), ("--sbom", &self.sbom)];
        match options.into_iter().find(|(_, value)| value.as_deref().is_some_and(|v| v != "false"))
        {
            Some((option, _)) => {
                Err(Failure::new(Exit::Usage, format!("{option} is not made here"))
                    .hint(format!("remove it or write {option}=false")))
            }
            None => Ok(()),
        }
    }
}

/// `--output` of a kind that is an image and no file.
fn is_image(output: &str) -> bool {
    let parts: Vec<&str> = output.split(',').map(str::trim).collect();
    let kinds = ["type=registry", "type=image", "type=docker"];
    parts.iter().all(|part| kinds.contains(part) || part.starts_with("push="))
        && parts.iter().any(|part| kinds.contains(part))
}

fn pushes(output: &str) -> bool {
    let mut parts = output.split(',').map(str::trim);
    parts.any(|part| matches!(part, "type=registry" | "push=true"))
}

/// Says nothing: for `--quiet`.
struct Silent;

impl Reporter for Silent {
    fn emit(&self, _: Event) {}
}

pub(super) async fn execute(
    args: &DockerBuildArgs,
    bundle: Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    args.places()?;
    args.promises()?;
    let loud = console.reporter;
    for finding in args.notes() {
        loud.emit(Event::Finding { finding });
    }
    let inner = if args.quiet { Console { reporter: &Silent, ..console } } else { console };
    let record = build::make(&args.wish(), bundle, caller, inner).await?;
    let id = stored(caller, &record)?
        .map_or_else(|| record.digest.as_str().to_owned(), |image| image.id.as_str().to_owned());
    if args.quiet {
        loud.emit(Event::Output { text: id.clone() });
    }
    if args.iidfile.is_some() {
        console.records.record(IIDFILE, id.clone().into_bytes());
    }
    if args.metadata_file.is_some() {
        console.records.record(METADATA, metadata(&record, &id).into_bytes());
    }
    let image = Some(record.image.to_string());
    Ok(Outcome { image, ..Outcome::new(OutcomeKind::Succeeded) })
}

fn stored(caller: &Caller, record: &ImageRecord) -> Result<Option<StoredImage>, Failure> {
    let images = caller.store()?.images()?;
    Ok(images.into_iter().find(|image| image.digest == record.digest))
}

/// The members of buildx's metadata file that scripts read.
fn metadata(record: &ImageRecord, id: &str) -> String {
    let metadata = json!({
        "containerimage.config.digest": id,
        "containerimage.digest": record.digest.as_str(),
        "image.name": record.tags.join(","),
    });
    format!("{metadata:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(context: &str, output: &[&str]) -> String {
        let output = output.iter().map(|one| (*one).to_owned()).collect();
        let context = context.to_owned();
        let args = DockerBuildArgs { context, output, ..DockerBuildArgs::default() };
        match args.places() {
            Ok(()) => format!("push: {}", args.wish().push),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn contexts_that_are_no_directory_are_refused_by_their_name() {
        assert!(told("-", &[]).starts_with("`docker build -`"));
        let url = "https://git.example.com/group/app.git#main";
        assert_eq!(told(url, &[]), format!("the context {url} is not fetched"));
        assert_eq!(told("git@git.example.com:app.git", &[]).split(' ').next(), Some("the"));
        assert_eq!(told(".", &[]), "push: false");
    }

    #[test]
    fn an_output_is_an_image_or_refused() {
        assert_eq!(told(".", &["type=registry"]), "push: true");
        assert_eq!(told(".", &["type=image,push=true"]), "push: true");
        assert_eq!(told(".", &["type=docker"]), "push: false");
        assert!(told(".", &["type=local,dest=out"]).starts_with("--output type=local,dest=out:"));
        assert!(told(".", &["type=image,name=a"]).starts_with("--output"));
    }
}
