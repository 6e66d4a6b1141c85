//! The static files of an image, served as its nginx would. Owns which files these are:
//! `root` and `index` of `/etc/nginx/conf.d/default.conf`, else nginx's html folder.

use crate::registry::FileNode;
use bytes::Bytes;
use std::collections::BTreeMap;

/// Where nginx's own image keeps its pages.
const USUAL_ROOT: &str = "/usr/share/nginx/html";
const CONFIGURATION: &str = "etc/nginx/conf.d/default.conf";

/// The pages of one image.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site {
    /// By path below the root, without a leading slash.
    files: BTreeMap<String, Bytes>,
    index: Vec<String>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

impl Site {
    /// The site in an image's files.
    pub(crate) fn of(files: &BTreeMap<String, FileNode>) -> Self {
        let text = files
            .get(CONFIGURATION)
            .map(|file| String::from_utf8_lossy(&file.content).into_owned())
            .unwrap_or_default();
        let root = directive(&text, "root").into_iter().next();
        let root = root.as_deref().unwrap_or(USUAL_ROOT).trim_matches('/').to_owned() + "/";
        let index = match directive(&text, "index") {
            named if named.is_empty() => vec!["index.html".to_owned()],
            named => named,
        };
        let files = files
            .iter()
            .filter(|(_, node)| node.kind == "file")
            .filter_map(|(path, node)| {
                Some((path.strip_prefix(&root)?.to_owned(), Bytes::from(node.content.clone())))
            })
            .collect();
        Self { files, index }
    }

    /// The answer to a GET of a path.
    pub(crate) fn page(&self, path: &str) -> Page {
        let path = path.split(['?', '#']).next().unwrap_or(path).trim_start_matches('/');
        if path.is_empty() || path.ends_with('/') {
            let mut indexes = self.index.iter().map(|name| format!("{path}{name}"));
            return match indexes.find(|path| self.files.contains_key(path)) {
                Some(index) => self.file(&index),
                None => error(403, "403 Forbidden"),
            };
        }
        self.file(path)
    }

    fn file(&self, path: &str) -> Page {
        match self.files.get(path) {
            None => error(404, "404 Not Found"),
            Some(body) => {
                Page { status: 200, content_type: content_type(path), body: body.clone() }
            }
        }
    }
}

/// The words after a directive's name, to its semicolon; the first such line counts.
fn directive(text: &str, name: &str) -> Vec<String> {
    let mut statements = text.lines().map(|line| line.split('#').next().unwrap_or(line).trim());
    statements
        .find_map(|line| {
            let rest = line.strip_prefix(name)?;
            rest.starts_with(char::is_whitespace).then(|| rest.trim().trim_end_matches(';'))
        })
        .map(|words| words.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        "json" => "application/json",
        "txt" => "text/plain",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

fn error(status: u16, words: &str) -> Page {
    let body = format!("<html><head><title>{words}</title></head><body>nginx</body></html>\n");
    Page { status, content_type: "text/html", body: Bytes::from(body) }
}

#[cfg(test)]
mod tests {
    use super::Site;
    use crate::registry::FileNode;
    use std::collections::BTreeMap;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, FileNode> {
        list.iter()
            .map(|(path, content)| {
                let node = FileNode {
                    kind: "file".into(),
                    mode: 0o644,
                    uid: 0,
                    gid: 0,
                    mtime: 0,
                    content: content.as_bytes().to_vec(),
                };
                ((*path).to_owned(), node)
            })
            .collect()
    }

    #[test]
    fn the_root_of_the_configuration_is_served() {
        let site = Site::of(&files(&[
            (
                "etc/nginx/conf.d/default.conf",
                "server {\n  listen 80;\n  root /srv/www; # pages\n  index start.html;\n}\n",
            ),
            ("srv/www/start.html", "v2"),
            ("usr/share/nginx/html/index.html", "nginx"),
        ]));
        assert_eq!(site.page("/").body, "v2");
        assert_eq!(site.page("/start.html?x=1").status, 200);
        assert_eq!(site.page("/index.html").status, 404);
    }

    #[test]
    fn without_a_configuration_the_usual_folder_is_served() {
        let site = Site::of(&files(&[("usr/share/nginx/html/index.html", "v1")]));
        assert_eq!((site.page("/").status, site.page("/").content_type), (200, "text/html"));
        assert_eq!(Site::of(&BTreeMap::new()).page("/").status, 403);
    }
}
