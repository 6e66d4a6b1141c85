//! Answers that a healthy coordinator gives now and then and a runner must cope with.

/// How many of the next calls are answered badly. Each one is used up by one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Final updates answered 202: ask again.
    pub final_accepted: u32,
    /// Final updates answered 412: send the log again.
    pub final_trace_invalid: u32,
    /// Job requests answered 500.
    pub request_errors: u32,
    /// Log parts answered 500.
    pub trace_errors: u32,
    /// Log parts answered 416 although they fit.
    pub range_mismatches: u32,
}

impl Faults {
    /// Uses up one of `counter`, if there is one.
    pub(super) fn take(counter: &mut u32) -> bool {
        let left = *counter > 0;
        *counter = counter.saturating_sub(1);
        left
    }
}
