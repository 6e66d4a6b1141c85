//! Uploaded files: the multipart body of an upload taken apart, and dotenv reports read as GitLab reads them. Pure.

use std::io::Read as _;

use flate2::read::GzDecoder;

/// One uploaded file, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// `archive`, `dotenv`, `junit`, ...
    pub kind: String,
    /// `zip`, `gzip` or `raw`.
    pub format: String,
    /// File name.
    pub filename: String,
    /// Bytes.
    pub content: Vec<u8>,
}

/// A dotenv report holds at most this many bytes (GitLab's default).
const DOTENV_BYTES: usize = 5 * 1024;
/// And this many variables.
const DOTENV_VARIABLES: usize = 20;

/// The first file of a `multipart/form-data` body: its name and content.
pub(super) fn file_of_form<'a>(content_type: &str, body: &'a [u8]) -> Option<(String, &'a [u8])> {
    let boundary = content_type.split("boundary=").nth(1)?.trim_matches('"');
    let open = format!("--{boundary}\r\n");
    let close = format!("\r\n--{boundary}");
    let part = &body[find(body, open.as_bytes())? + open.len()..];
    let head_end = find(part, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..head_end]).into_owned();
    let content = &part[head_end + 4..];
    let content = &content[..find(content, close.as_bytes())?];
    let name = head.split("filename=\"").nth(1)?.split('"').next()?.to_owned();
    Some((name, content))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

impl Artifact {
    /// The variables of a dotenv report.
    ///
    /// # Errors
    /// What GitLab answers with 400: too big, too many, a line that is no `KEY=value`.
    pub fn dotenv(&self) -> Result<Vec<(String, String)>, String> {
        let text = self.text().map_err(|cause| format!("not readable: {cause}"))?;
        if text.len() > DOTENV_BYTES {
            return Err(format!("{} bytes, at most {DOTENV_BYTES} are taken", text.len()));
        }
        let mut variables = Vec::new();
        for line in text.lines() {
            let (key, value) = line.split_once('=').ok_or("Invalid Format")?;
            let good = |b: u8| b == b'_' || b.is_ascii_alphanumeric();
            if key.is_empty() || !key.bytes().all(good) {
                return Err(format!("Key can contain only letters, digits and '_'. ({key:?})"));
            }
            variables.push((key.to_owned(), value.to_owned()));
        }
        if variables.len() > DOTENV_VARIABLES {
            return Err(format!("{} variables, at most {DOTENV_VARIABLES}", variables.len()));
        }
        Ok(variables)
    }

    fn text(&self) -> std::io::Result<String> {
        if self.format != "gzip" {
            return Ok(String::from_utf8_lossy(&self.content).into_owned());
        }
        let mut text = String::new();
        GzDecoder::new(self.content.as_slice()).read_to_string(&mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_out_of_a_form_byte_by_byte() {
        let body = b"--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\
                     Content-Type: application/octet-stream\r\n\r\nPK\r\n--x\0\r\n--xx--\r\n";
        let (name, content) = file_of_form("multipart/form-data; boundary=xx", body).unwrap();
        assert_eq!(name, "a.zip");
        assert_eq!(content, b"PK\r\n--x\0");
    }

    #[test]
    fn a_dotenv_report_with_a_comment_is_refused_as_gitlab_does() {
        let report = |text: &str| Artifact {
            kind: "dotenv".into(),
            format: "raw".into(),
            filename: "image.env".into(),
            content: text.into(),
        };
        let read = report("A=1\nB=x=y\n").dotenv().unwrap();
        assert_eq!(read, [("A".into(), "1".into()), ("B".into(), "x=y".into())]);
        assert!(report("# hello\nA=1\n").dotenv().is_err());
    }
}
