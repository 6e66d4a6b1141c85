//! Numbers as people read them.

/// Two digits that matter, three from ten on, no zeros behind the point.
pub fn short(value: f64) -> String {
    let digits = match value {
        10.0.. => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
