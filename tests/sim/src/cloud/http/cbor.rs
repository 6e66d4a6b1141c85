//! CBOR (RFC 8949) to JSON and back, as far as Smithy RPC v2 uses it. Owns the bytes; members
//! that are moments get the tag of an epoch time.

use serde_json::{Map, Number, Value};

/// Tag of an epoch time.
const EPOCH: u64 = 1;
/// Lists and maps in each other at most.
const DEEPEST: usize = 64;

/// JSON as CBOR.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, Spelling::Plain);
    bytes
}

/// How numbers are spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Plain,
    /// With the tag of an epoch time.
    Time,
}

fn write(bytes: &mut Vec<u8>, value: &Value, spelling: Spelling) {
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(flag) => bytes.push(if *flag { 0xf5 } else { 0xf4 }),
        Value::Number(number) => {
            if spelling == Spelling::Time {
                head(bytes, 6, EPOCH);
            }
            write_number(bytes, number);
        }
        Value::String(text) => {
            head(bytes, 3, length(text.len()));
            bytes.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            head(bytes, 4, length(items.len()));
            items.iter().for_each(|item| write(bytes, item, spelling));
        }
        Value::Object(members) => {
            head(bytes, 5, length(members.len()));
            for (name, member) in members {
                write(bytes, &Value::String(name.clone()), Spelling::Plain);
                let is_time = name.ends_with("Timestamp") || name == "Timestamps";
                write(bytes, member, if is_time { Spelling::Time } else { Spelling::Plain });
            }
        }
    }
}

fn write_number(bytes: &mut Vec<u8>, number: &Number) {
    if let Some(whole) = number.as_u64() {
        head(bytes, 0, whole);
    } else if let Some(whole) = number.as_i64() {
        head(bytes, 1, (-1 - whole).unsigned_abs());
    } else {
        bytes.push(0xfb);
        bytes.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
    }
}

/// Major type and argument, in the shortest form.
fn head(bytes: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let wide = argument.to_be_bytes();
    match argument {
        0..=23 => bytes.push(major | wide[7]),
        24..=0xff => bytes.extend([major | 24, wide[7]]),
        0x100..=0xffff => {
            bytes.push(major | 25);
            bytes.extend_from_slice(&wide[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            bytes.push(major | 26);
            bytes.extend_from_slice(&wide[4..]);
        }
        _ => {
            bytes.push(major | 27);
            bytes.extend_from_slice(&wide);
        }
    }
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// CBOR as JSON; `None` when it is not CBOR or goes on after its end. Tags are dropped.
pub(super) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(0)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// Major type, its low bits, and the argument; `None` inside = to be ended by a break.
    fn head(&mut self) -> Option<(u8, u8, Option<u64>)> {
        let first = self.take(1)?[0];
        let low = first & 31;
        let argument = match low {
            0..=23 => Some(u64::from(low)),
            24 => Some(self.number(1)?),
            25 => Some(self.number(2)?),
            26 => Some(self.number(4)?),
            27 => Some(self.number(8)?),
            31 => None,
            _ => return None,
        };
        Some((first >> 5, low, argument))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let (major, low, argument) = self.head()?;
        Some(match (major, argument) {
            (0, Some(whole)) => whole.into(),
            (1, Some(whole)) => (-1 - i64::try_from(whole).ok()?).into(),
            (2 | 3, _) => self.text(argument)?.into(),
            (4, _) => self.list(argument, depth)?,
            (5, _) => self.map(argument, depth)?,
            (6, Some(_)) => self.value(depth + 1)?,
            (7, Some(bits)) => simple(low, bits)?,
            _ => return None,
        })
    }

    fn text(&mut self, length: Option<u64>) -> Option<String> {
        let Some(length) = length else {
            let mut whole = String::new();
            while !self.ends() {
                let (_, _, length) = self.head()?;
                whole.push_str(&self.text(Some(length?))?);
            }
            return Some(whole);
        };
        let bytes = self.take(usize::try_from(length).ok()?)?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    fn list(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        while self.goes_on(length, items.len()) {
            items.push(self.value(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        let mut count = 0;
        while self.goes_on(length, count) {
            let Value::String(name) = self.value(depth + 1)? else { return None };
            members.insert(name, self.value(depth + 1)?);
            count += 1;
        }
        Some(Value::Object(members))
    }

    fn goes_on(&mut self, wanted: Option<u64>, have: usize) -> bool {
        match wanted {
            Some(wanted) => length(have) < wanted,
            None => !self.ends(),
        }
    }

    /// Takes a break, when one comes.
    fn ends(&mut self) -> bool {
        match self.rest.split_first() {
            Some((0xff, rest)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

/// Booleans, null and floats.
fn simple(low: u8, bits: u64) -> Option<Value> {
    let float = match low {
        20 => return Some(Value::Bool(false)),
        21 => return Some(Value::Bool(true)),
        22 | 23 => return Some(Value::Null),
        25 => half(bits),
        26 => f64::from(f32::from_bits(u32::try_from(bits).ok()?)),
        27 => f64::from_bits(bits),
        _ => return None,
    };
    Some(Number::from_f64(float).map_or(Value::Null, Value::Number))
}

/// A float of sixteen bits.
fn half(bits: u64) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::try_from(bits >> 10 & 31).unwrap_or(0);
    let fraction = f64::from(u16::try_from(bits & 0x3ff).unwrap_or(0));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    };
    sign * size
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_again() {
        let value = json!({
            "Text": "a\u{e9}", "Whole": [0, 23, 24, 255, 256, 65_536, 4_294_967_296_u64, -1, -500],
            "Float": 0.25, "On": true, "Nothing": null, "Empty": {}, "Timestamps": [1, 2.5],
        });
        assert_eq!(decode(&encode(&value)), Some(value));
    }

    #[test]
    fn examples_of_the_standard_are_understood() {
        let cases: [(&[u8], _); 6] = [
            (&[0xf9, 0x3e, 0x00], json!(1.5)),
            (&[0xfa, 0x47, 0xc3, 0x50, 0x00], json!(100_000.0)),
            (&[0xc1, 0x1a, 0x51, 0x4b, 0x67, 0xb0], json!(1_363_896_240)),
            (&[0x9f, 0x01, 0x82, 0x02, 0x03, 0xff], json!([1, [2, 3]])),
            (&[0xbf, 0x61, 0x61, 0x01, 0xff], json!({"a": 1})),
            (&[0x7f, 0x61, 0x61, 0x61, 0x62, 0xff], json!("ab")),
        ];
        for (bytes, wanted) in cases {
            assert_eq!(decode(bytes), Some(wanted));
        }
        for broken in [&[0x61][..], &[0x01, 0x01], &[0x9f, 0x01], &[0xff], &[0xa1, 0x01, 0x01]] {
            assert_eq!(decode(broken), None, "{broken:?}");
        }
        assert_eq!(encode(&json!({"Timestamp": 1}))[11..], [0xc1, 0x01]);
    }
}
