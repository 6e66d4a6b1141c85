//! Sizes and times as docker reads them.

use crate::config::yaml::duration;

/// Bytes in a MiB, ECS's unit for memory.
const MIB: i64 = 1 << 20;

/// `512m`, `1.5g`, `64kb`, or bytes: units b, k, m, g, t, p, with or without `b` or `ib`, always
/// binary (go-units, `RAMInBytes`). `None` when it is no size.
pub(super) fn ram_bytes(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    let letter = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit);
    let power = match letter {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let factor = 1024_i64.pow(power);
    if let Ok(whole) = number.parse::<i64>() {
        return whole.checked_mul(factor);
    }
    let (whole, fraction) = number.split_once('.')?;
    let fraction: String = fraction.chars().take(6).collect();
    let digits = u32::try_from(fraction.len()).ok()?;
    let parts = fraction.parse::<i64>().ok()?.checked_mul(factor)? / 10_i64.pow(digits);
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    whole.checked_mul(factor)?.checked_add(parts)
}

/// Bytes in MiB, rounded down.
pub(super) fn mib(bytes: i64) -> i64 {
    bytes / MIB
}

/// Whole seconds of `1m30s`, rounded down. `None` when it is no duration.
pub(super) fn seconds(text: &str) -> Option<i64> {
    i64::try_from(duration(text)?.as_secs()).ok()
}

/// CPU units of a number of cores: 1024 for each, rounded to the nearest. `None` when it is no
/// number, or out of any machine's reach.
pub(super) fn cpu_units(cores: &str) -> Option<i64> {
    const MOST_CORES: f64 = 4096.0;
    let cores: f64 =
        cores.trim().parse().ok().filter(|cores| (0.0..=MOST_CORES).contains(cores))?;
    // In range by the test above: at most 4096 * 1024.
    let units = (cores * 1024.0).round();
    format!("{units:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_binary_with_every_spelling() {
        let sizes = ["256m", "256mb", "256MiB", "1.5g", "50M", "1073741824", "1 kb"];
        let read: Vec<_> = sizes.iter().map(|size| ram_bytes(size)).collect();
        let wanted = [256 * MIB, 256 * MIB, 256 * MIB, 1536 * MIB, 50 * MIB, 1024 * MIB, 1024];
        assert_eq!(read, wanted.map(Some));
        assert_eq!((ram_bytes("x"), ram_bytes(""), ram_bytes("1x")), (None, None, None));
        assert_eq!(ram_bytes("9999999999g"), None);
    }

    #[test]
    fn half_a_core_is_512_units() {
        assert_eq!(
            (cpu_units("0.50"), cpu_units("2"), cpu_units("-1")),
            (Some(512), Some(2048), None)
        );
    }

    #[test]
    fn times_are_cut_to_seconds() {
        assert_eq!((seconds("1m30s"), seconds("1500ms"), seconds("10")), (Some(90), Some(1), None));
    }
}
