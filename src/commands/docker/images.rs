//! `docker images` and `docker inspect`: what the job's store holds.

use super::{ImagesArgs, InspectArgs, formatted, reference};
use crate::build::{self, StoredImage};
use crate::commands::{Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, ImageReference};
use serde_json::{Value, json};

pub(super) fn inspect(
    args: &InspectArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<(), Failure> {
    if let Some(kind) = args.kind.as_deref().filter(|kind| *kind != "image") {
        return Err(Failure::new(Exit::Usage, format!("there is no {kind} here, only images"))
            .hint("leave --type out or write --type image"));
    }
    let mut shown = Vec::new();
    for name in &args.names {
        shown.push(describe(&find(name, caller)?));
    }
    let text = match &args.format {
        Some(template) => {
            let lines: Result<Vec<_>, _> =
                shown.iter().map(|image| formatted(template, image)).collect();
            lines?.join("\n")
        }
        None => format!("{:#}", Value::from(shown)),
    };
    console.reporter.emit(Event::Output { text });
    Ok(())
}

/// By name, or by the beginning of an id.
fn find(name: &str, caller: &Caller) -> Result<StoredImage, Failure> {
    let images = caller.store()?.images()?;
    let id = name.strip_prefix("sha256:").unwrap_or(name);
    let is_id = id.len() >= 4 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id && let Some(image) = images.into_iter().find(|image| image.id.hex().starts_with(id)) {
        return Ok(image);
    }
    let wanted = reference(name)?;
    let found = caller.store()?.find(&wanted)?;
    found.ok_or_else(|| build::Error::NoSuchImage(Box::new(wanted)).into())
}

/// The members of docker's answer that an image without a daemon has.
fn describe(image: &StoredImage) -> Value {
    let config = |member: &str| image.config.get(member).cloned().unwrap_or(Value::Null);
    let digest = image.digest.as_str();
    let mut digests: Vec<String> =
        image.names.iter().map(|name| format!("{}@{digest}", shown_name(name))).collect();
    digests.dedup();
    json!({
        "Id": image.id.as_str(),
        "RepoTags": image.names.iter().map(tagged).collect::<Vec<_>>(),
        "RepoDigests": digests,
        "Created": image.created.to_string(),
        "Config": config("config"),
        "Architecture": config("architecture"),
        "Os": config("os"),
        "Size": image.size,
        "RootFS": {"Type": "layers", "Layers": image.config.pointer("/rootfs/diff_ids")},
    })
}

/// As docker shows it: without `docker.io/library/`.
fn shown_name(name: &ImageReference) -> String {
    let full = name.name();
    let hub =
        full.strip_prefix("docker.io/").map(|rest| rest.strip_prefix("library/").unwrap_or(rest));
    hub.map_or(full.clone(), str::to_owned)
}

fn tagged(name: &ImageReference) -> String {
    format!("{}:{}", shown_name(name), name.tag.as_deref().unwrap_or("latest"))
}

pub(super) fn list(
    args: &ImagesArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for image in caller.store()?.images()? {
        for name in &image.names {
            if args.repository.as_deref().is_none_or(|wanted| is_of(wanted, name)) {
                rows.push(row(args, &image, name));
            }
        }
    }
    if args.quiet {
        rows.iter_mut().for_each(|row| row.drain(..row.len() - 1).for_each(drop));
        rows.dedup();
    } else {
        rows.insert(0, heading(args));
    }
    console.reporter.emit(Event::Output { text: table(&rows) });
    Ok(())
}

fn is_of(wanted: &str, name: &ImageReference) -> bool {
    wanted == shown_name(name) || wanted == tagged(name)
}

fn heading(args: &ImagesArgs) -> Vec<String> {
    let mut columns = vec!["REPOSITORY", "TAG"];
    if args.digests {
        columns.push("DIGEST");
    }
    columns.extend(["CREATED", "SIZE", "IMAGE ID"]);
    columns.into_iter().map(str::to_owned).collect()
}

/// The id stands last, where `--quiet` finds it.
fn row(args: &ImagesArgs, image: &StoredImage, name: &ImageReference) -> Vec<String> {
    let id = if args.no_trunc { image.id.as_str() } else { image.id.hex().get(..12).unwrap_or("") };
    let mut row = vec![shown_name(name), name.tag.clone().unwrap_or_else(|| "latest".to_owned())];
    if args.digests {
        row.push(image.digest.as_str().to_owned());
    }
    row.extend([image.created.to_string(), megabytes(image.size), id.to_owned()]);
    row
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{}MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

/// Columns parted by at least three spaces, as docker does it.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}   "));
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_docker_hub_are_short() {
        let shown = |name: &str| tagged(&name.parse().unwrap());
        assert_eq!(shown("nginx"), "nginx:latest");
        assert_eq!(shown("group/app:1"), "group/app:1");
        assert_eq!(shown("r.example/app:1"), "r.example/app:1");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["A".to_owned(), "B".to_owned()], vec!["long".to_owned(), "x".to_owned()]];
        assert_eq!(table(&rows), "A      B\nlong   x");
    }
}
