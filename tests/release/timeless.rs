//! Lines that people read: without what differs with every change of the loop or of the simulated
//! cloud, and what holds for each of them.

use ecs_canary::model::Timestamp;

/// GitLab's viewer wraps beyond it.
const WIDTH: usize = 100;
/// A word that cannot be broken stands alone and whole: half a digest is of no use.
const LONG_WORD: usize = 60;

/// Points in time, durations and ids, which differ with every change of the loop or of the
/// simulated cloud, as `TIME`, `T` and `ID`.
pub(crate) fn timeless(line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(point).collect();
    let mut shown: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let [first, tail @ ..] = rest {
        let number = first.trim_start_matches('(');
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let unit = tail.first().map(|unit| unit.trim_end_matches([')', ',', ':', ';']));
        let is_time = is_number && matches!(unit, Some("s" | "min" | "h"));
        match tail {
            [unit, after @ ..] if is_time => {
                let open = if first.starts_with('(') { "(" } else { "" };
                let close: String = unit.chars().skip_while(|c| c.is_alphabetic()).collect();
                let before = shown.last().is_some_and(|last| last.ends_with('T'));
                match shown.last_mut().filter(|_| before) {
                    Some(last) => last.push_str(&close),
                    None => shown.push(format!("{open}T{close}")),
                }
                rest = after;
            }
            _ => {
                shown.push(first.clone());
                rest = tail;
            }
        }
    }
    shown.join(" ")
}

fn point(word: &str) -> String {
    let time = word.trim_end_matches([':', ',', ';']);
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_time_of_day = time.split(':').count() == 3 && time.split(':').all(|two| digits(two, 2));
    let id = time.trim_end_matches(['.', '…', ')']).trim_start_matches('(');
    let is_id = digits(id, 8) && !id.bytes().all(|byte| byte == b'0');
    if time.parse::<Timestamp>().is_ok() || is_time_of_day {
        word.replace(time, "TIME")
    } else if is_id || (id.starts_with("ecs-svc/") && id.len() > 8) {
        word.replace(id, "ID")
    } else {
        word.to_owned()
    }
}

/// # Errors
/// What a person would stumble over.
pub(crate) fn looks_well(line: &str) -> Result<(), String> {
    let longest = line.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
    if line.trim().is_empty() {
        return Err("a blank line".to_owned());
    }
    if line.chars().count() > WIDTH && longest < LONG_WORD {
        return Err(format!("{} columns: {line}", line.chars().count()));
    }
    if line.chars().any(char::is_control) {
        return Err(format!("a control character: {line:?}"));
    }
    if line.ends_with(' ') || line.contains(";;") || line.contains("; ;") || line.contains(": :") {
        return Err(format!("something is missing in: {line}"));
    }
    Ok(())
}
