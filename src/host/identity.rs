//! Who and where this process is.

use std::io;
use std::path::{Path, PathBuf};

/// The file this process was started from.
///
/// # Errors
/// `/proc` is not mounted.
pub fn own_executable() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// The working directory.
///
/// # Errors
/// It was removed, or a parent cannot be read.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for it")]
pub fn current_directory() -> io::Result<PathBuf> {
    std::env::current_dir()
}

/// The first executable file `name` in the directories of `path`, a text as in `PATH`.
pub fn program_in(path: &str, name: &str) -> Option<PathBuf> {
    let candidates = path.split(':').filter(|dir| dir.starts_with('/'));
    candidates.map(|dir| Path::new(dir).join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

/// The number of the user that this process acts as.
pub fn user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name of this process's user, from `/etc/passwd`; its number where there is none.
pub fn user_name() -> String {
    let id = user_id();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(&passwd, id).map_or_else(|| id.to_string(), str::to_owned)
}

fn name_of(passwd: &str, id: u32) -> Option<&str> {
    let wanted = id.to_string();
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n\nrunner:x:998:998::/home/runner:/bin/sh\n";
        assert_eq!(name_of(passwd, 998), Some("runner"));
        assert_eq!(name_of(passwd, 1), None);
    }

    #[test]
    fn programs_are_looked_up_in_absolute_directories_only() {
        assert!(program_in("/nowhere:/bin:/usr/bin", "sh").is_some());
        assert_eq!(program_in(".:bin:", "sh"), None);
    }
}
