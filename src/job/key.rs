//! The name under which a host keeps what belongs to one job.

use super::Instance;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// `4711-9f86d081884c7d65`: the job's id and a hash of instance and id. The same for every stage
/// and every attempt of one job, different for the same number on two GitLab instances, and
/// made from the response file alone, so that no job can name another one's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobKey(String);

impl JobKey {
    pub(super) fn new(instance: &Instance, id: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(instance.identity().as_bytes());
        hash.update([0]);
        hash.update(id.to_be_bytes());
        let digest = hash.finalize();
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{id}-{short}"))
    }

    /// Reads a key back, from a directory's name or from our own `job_env`; `None` when the
    /// text is not one (then it names no directory of ours).
    pub fn parse(text: &str) -> Option<Self> {
        let (id, hash) = text.split_once('-')?;
        let digits = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits && hash.len() == 16 && hash.bytes().all(lower_hex)).then(|| Self(text.to_owned()))
    }

    /// The text: digits, `-`, hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(uuid: &str) -> Instance {
        Instance { uuid: Some(uuid.to_owned()), server_url: None }
    }

    #[test]
    fn the_same_number_on_two_instances_has_two_keys() {
        let here = JobKey::new(&instance("a"), 7);
        assert_eq!(here, JobKey::new(&instance("a"), 7));
        assert_ne!(here, JobKey::new(&instance("b"), 7));
        assert_ne!(here, JobKey::new(&instance("a"), 8));
    }

    #[test]
    fn a_key_is_read_back_and_a_path_is_not_one() {
        let key = JobKey::new(&instance("a"), 7);
        assert_eq!(JobKey::parse(key.as_str()), Some(key));
        for text in
            ["", "..", "7", "7-", "7-../../etc/passwd1", "-0123456789abcdef", "7-0123456789ABCDEF"]
        {
            assert_eq!(JobKey::parse(text), None, "{text}");
        }
    }
}
