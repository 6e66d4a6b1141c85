//! Ports of EXPOSE and signals of STOPSIGNAL. Pure.

/// The ports of one word, `8000-8002/udp`, as the image config has them.
///
/// # Errors
/// What is wrong with it.
pub(super) fn exposed(word: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("EXPOSE {word} is no port such as 80, 53/udp or 8000-8010");
    let (ports, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    // Older files name a host's address and port too; docker leaves them out.
    let ports = ports.rsplit(':').next().unwrap_or(ports);
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
    let (first, last) = (number(first)?, number(last)?);
    if last < first || !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(wrong());
    }
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

const SIGNALS: &[&str] = &[
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// True for `SIGTERM`, `term`, `15` and the real-time signals.
pub(super) fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<u8>() {
        return (1..=64).contains(&number);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let real_time = |start: &str| {
        name.strip_prefix(start).is_some_and(|rest| {
            rest.is_empty()
                || rest.get(1..).and_then(|n| n.parse::<u8>().ok()).is_some_and(|n| n <= 30)
        })
    };
    SIGNALS.contains(&name) || real_time("RTMIN") || real_time("RTMAX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_docker_reads_them() {
        assert_eq!(exposed("80").unwrap(), ["80/tcp"]);
        assert_eq!(exposed("53/UDP").unwrap(), ["53/udp"]);
        assert_eq!(exposed("8000-8002").unwrap(), ["8000/tcp", "8001/tcp", "8002/tcp"]);
        assert_eq!(exposed("127.0.0.1:8080:80").unwrap(), ["80/tcp"]);
        for wrong in ["", "http", "70000", "9-8", "80/xyz", "-1"] {
            assert!(exposed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn signals_have_names_and_numbers() {
        for good in ["SIGTERM", "quit", "9", "SIGRTMIN+3", "RTMAX-1"] {
            assert!(is_signal(good), "{good}");
        }
        for wrong in ["", "0", "65", "SIGFOO", "RTMIN+99"] {
            assert!(!is_signal(wrong), "{wrong}");
        }
    }
}
