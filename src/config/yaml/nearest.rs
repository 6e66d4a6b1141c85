//! "Did you mean": the known word that is nearest to a written one.

/// The word of `known` nearest to `written`, when it is near enough to be meant: at most one
/// slip in three characters, transpositions counted once.
pub fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |word: &str| word.to_ascii_lowercase().replace('-', "_");
    let wanted = plain(written);
    let slips = (written.chars().count() / 3).max(1);
    known
        .iter()
        .map(|word| (strsim::osa_distance(&wanted, &plain(word)), *word))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["task_execution_role", "ecs_network_mode", "services"];
        assert_eq!(nearest("task_execution_rol", &known), Some("task_execution_role"));
        assert_eq!(nearest("sevrices", &known), Some("services"));
        assert_eq!(nearest("volumes", &known), None);
    }
}
