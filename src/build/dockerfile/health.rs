//! `HEALTHCHECK`.

/// A health check as the image config has it; times in nanoseconds, 0 = docker's default.
/// Source: docker image specification, `Healthcheck`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::build) struct Health {
    /// `["NONE"]`, `["CMD", ...]` or `["CMD-SHELL", "..."]`.
    pub(in crate::build) test: Vec<String>,
    pub(in crate::build) interval: u64,
    pub(in crate::build) timeout: u64,
    pub(in crate::build) start_period: u64,
    pub(in crate::build) start_interval: u64,
    pub(in crate::build) retries: u64,
}

const NANOS_PER_MILLI: u64 = 1_000_000;

/// A time as docker takes it, `1m30s`, in nanoseconds.
///
/// # Errors
/// What is wrong with it.
pub(super) fn time(flag: &str, text: &str) -> Result<u64, String> {
    let wrong = || format!("--{flag}={text} is no time like 30s or 1m30s");
    let mut total: f64 = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let nanos = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ if text == "0" => 0.0,
            _ => return Err(wrong()),
        };
        total += number.parse::<f64>().map_err(|_| wrong())? * nanos;
        rest = tail;
    }
    // Ten years is longer than any container lives and far from the edge of the type.
    if text.is_empty() || !(0.0..3.2e17).contains(&total) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    let total = total as u64;
    if total > 0 && total < NANOS_PER_MILLI {
        return Err(format!("--{flag}={text} is less than 1ms"));
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_docker_reads_them() {
        assert_eq!(time("interval", "1m30s"), Ok(90_000_000_000));
        assert_eq!(time("interval", "1.5s"), Ok(1_500_000_000));
        assert_eq!(time("interval", "0"), Ok(0));
        for wrong in ["", "5", "s", "1x", "1s2", "-1s", "1ns", "9999999h"] {
            assert!(time("interval", wrong).is_err(), "{wrong}");
        }
    }
}
