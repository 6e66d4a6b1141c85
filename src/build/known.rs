//! What may be taken for granted about a base image without looking into it. Pure.
//!
//! A layer that names `usr/share/nginx/html/x` and not the directories above it is right only
//! where those are plain directories of root: some runtimes make missing ones anew in the
//! layer, on top of the base's. And `COPY x /some/path` means another thing when the base has
//! a directory of that name. So the base's files have to be looked at, except for the places
//! below, which are the same in all official images; there a build needs nothing of the base.

/// Directories that are plain and root's, mode 755, in every image that has them.
const PLAIN_DIRECTORIES: &[&str] = &[
    "etc",
    "etc/nginx",
    "etc/nginx/conf.d",
    "etc/nginx/templates",
    "usr",
    "usr/local",
    "usr/local/apache2",
    "usr/local/apache2/conf",
    "usr/local/apache2/htdocs",
    "usr/local/bin",
    "usr/local/etc",
    "usr/local/share",
    "usr/share",
    "usr/share/nginx",
    "usr/share/nginx/html",
];

/// Directories that hold programs and no directories.
const PROGRAM_DIRECTORIES: &[&str] = &["usr/local/bin"];

/// True for a directory that every image has as it is listed, or can be given so.
pub(super) fn is_plain_directory(path: &str) -> bool {
    PLAIN_DIRECTORIES.binary_search(&path).is_ok()
}

/// True when `path` cannot be a directory for all we know of such images: a program's name in
/// a directory of programs, or a name that ends like the file copied to it.
pub(super) fn is_surely_a_file(path: &str, source: &str) -> bool {
    let Some((directory, name)) = path.rsplit_once('/') else { return false };
    if !is_plain_directory(directory) || is_plain_directory(path) {
        return false;
    }
    PROGRAM_DIRECTORIES.contains(&directory)
        || (extension(name).is_some() && extension(name) == extension(source))
}

/// What comes after the last dot of a name; nothing for `.hidden`, and for `.d`, by which
/// directories of snippets are named.
fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty() && extension != "d").then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_whole() {
        assert!(PLAIN_DIRECTORIES.is_sorted());
        for path in PLAIN_DIRECTORIES {
            let parent = path.rsplit_once('/').map(|(parent, _)| parent);
            assert!(parent.is_none_or(is_plain_directory), "{path}");
        }
    }

    #[test]
    fn a_file_is_known_by_its_ending_or_its_place() {
        let sure = [
            ("etc/nginx/conf.d/default.conf", "conf/test.conf"),
            ("usr/local/bin/start", "start.sh"),
        ];
        for (path, source) in sure {
            assert!(is_surely_a_file(path, source), "{path}");
        }
        let unsure = [
            ("etc/nginx", "nginx"),
            ("app", "x"),
            ("opt/x.conf", "x.conf"),
            ("etc/conf.d", "x.d"),
            ("etc/nginx/nginx", "nginx"),
            ("etc/x.conf", "x.cfg"),
        ];
        for (path, source) in unsure {
            assert!(!is_surely_a_file(path, source), "{path}");
        }
    }
}
