//! Durations, sizes and per cents as people write them.

use std::time::Duration;

/// `30s`, `10m`, `2h`, `500ms`, `1h30m`, also `us` and `ns`; a unit is needed. `None` when the
/// text is no duration.
pub fn duration(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        total += number.parse::<f64>().ok()? * seconds_of(unit)?;
        rest = tail.trim_start();
    }
    Duration::try_from_secs_f64(total).ok()
}

/// `4 GiB`, `512MiB`, `1.5GB`, `64k`, or a count of bytes. Binary for `KiB` and for the short
/// `k`, `m`, `g` (as docker reads them), decimal for `KB`, `MB`, `GB`. `None` when it is no size.
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return None,
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let (whole, fraction) = number.split_once('.')?;
    let fraction: String = fraction.chars().take(6).collect();
    let digits = u32::try_from(fraction.len()).ok()?;
    let parts = fraction.parse::<u64>().ok()?.checked_mul(factor)? / 10_u64.pow(digits);
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(parts)
}

/// `10%`, `0.2%` or `10`, as per cent, 0 to 100. `None` when it is none.
pub fn per_cent(text: &str) -> Option<f64> {
    let number: f64 = text.trim().trim_end_matches('%').trim_end().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

fn seconds_of(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86_400.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_may_be_combined() {
        assert_eq!(duration("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(
            (duration("30"), duration(""), duration("5x"), duration("s")),
            (None, None, None, None)
        );
    }

    #[test]
    fn sizes_are_binary_with_an_i_and_decimal_with_a_b_alone() {
        assert_eq!(bytes("4 GiB"), Some(4 << 30));
        assert_eq!(bytes("1.5GiB"), Some(3 << 29));
        assert_eq!(bytes("10MB"), Some(10_000_000));
        assert_eq!(bytes("64k"), Some(65_536));
        assert_eq!((bytes("4 GiBs"), bytes(""), bytes("99999999999999999999")), (None, None, None));
    }

    #[test]
    fn a_per_cent_lies_between_nothing_and_all() {
        assert_eq!(
            (per_cent("0.2%"), per_cent("10"), per_cent("101%")),
            (Some(0.2), Some(10.0), None)
        );
    }
}
