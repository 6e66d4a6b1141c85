//! Ids and ARNs as AWS makes them. Owns their spelling; every id comes from the seed.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Makes ids; equal seeds give equal ids in equal order.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    random: StdRng,
    region: String,
    account: String,
}

impl Ids {
    pub(crate) fn new(seed: u64, region: &str, account: &str) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            region: region.to_owned(),
            account: account.to_owned(),
        }
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end.max(1))
    }

    /// `count` hexadecimal digits.
    pub(crate) fn hex(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b"0123456789abcdef"[self.random.random_range(0..16)]))
            .collect()
    }

    /// `8-4-4-4-12`.
    pub(crate) fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|count| self.hex(count)).join("-")
    }

    /// Nineteen digits, as a deployment or revision has.
    pub(crate) fn number(&mut self) -> String {
        self.random
            .random_range(1_000_000_000_000_000_000_u64..9_000_000_000_000_000_000)
            .to_string()
    }

    /// `count` characters of the web-safe alphabet, as a service deployment has.
    pub(crate) fn word(&mut self, count: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..count)
            .map(|_| char::from(LETTERS[self.random.random_range(0..LETTERS.len())]))
            .collect()
    }

    /// `arn:aws:<service>:<region>:<account>:<rest>`.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.account)
    }

    /// An ECS ARN.
    pub(crate) fn ecs(&self, rest: &str) -> String {
        self.arn("ecs", rest)
    }
}

/// A digest that belongs to a text, for images that no registry was asked for.
pub(crate) fn digest_of(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
