//! Who is to blame: from the end of a script to what the Runner is told. Pure.

use crate::sandbox::ScriptEnd;

/// Exit code of a cancelled job, as in `docs/exit-codes.md`.
pub(super) const CANCELLED: u8 = 34;

/// What a stage tells the Runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageEnd {
    /// 0.
    Passed,
    /// BUILD_FAILURE_EXIT_CODE, with this in the code file.
    ScriptFailed(u8),
}

/// Whether the Runner asked the stage to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// No.
    No,
    /// SIGTERM or SIGINT came, at any time before the stage ended.
    ToStop,
}

/// A script that ends with 0 after it was asked to stop has not passed: the Runner would take
/// the 0 for success. A signal counts as 128 and its number, as in a shell.
pub(super) fn verdict(end: ScriptEnd, asked: Asked) -> StageEnd {
    match (asked, end) {
        (Asked::ToStop, _) => StageEnd::ScriptFailed(CANCELLED),
        (Asked::No, ScriptEnd::Exited(0)) => StageEnd::Passed,
        (Asked::No, ScriptEnd::Exited(code)) => StageEnd::ScriptFailed(code),
        (Asked::No, ScriptEnd::Signalled(signal)) => {
            StageEnd::ScriptFailed(128_u8.saturating_add(signal))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_script_that_ends_by_itself_with_0_passes() {
        let table = [
            (ScriptEnd::Exited(0), StageEnd::Passed),
            (ScriptEnd::Exited(1), StageEnd::ScriptFailed(1)),
            (ScriptEnd::Exited(2), StageEnd::ScriptFailed(2)),
            (ScriptEnd::Exited(42), StageEnd::ScriptFailed(42)),
            (ScriptEnd::Exited(255), StageEnd::ScriptFailed(255)),
            (ScriptEnd::Signalled(9), StageEnd::ScriptFailed(137)),
            (ScriptEnd::Signalled(15), StageEnd::ScriptFailed(143)),
            (ScriptEnd::Signalled(127), StageEnd::ScriptFailed(255)),
        ];
        for (end, wanted) in table {
            assert_eq!(verdict(end, Asked::No), wanted, "{end:?}");
            assert_eq!(verdict(end, Asked::ToStop), StageEnd::ScriptFailed(CANCELLED), "{end:?}");
        }
    }
}
