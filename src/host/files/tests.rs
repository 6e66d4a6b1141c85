//! Files on a real file system.

use super::*;
use std::os::unix::fs::symlink;

#[test]
fn a_file_is_replaced_whole_and_private() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("code");
    fs::write(&file, "something long and old").unwrap();
    write_private(&file, b"42", Durability::Disk).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "42");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_failed_write_keeps_the_old_file_and_leaves_no_draft() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("code");
    // A directory cannot be replaced by a file.
    fs::create_dir(&target).unwrap();
    assert!(write_private(&target, b"42", Durability::Process).is_err());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_private_directory_is_made_taken_again_and_closed() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("job");
    create_private_directory(&directory).unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
    create_private_directory(&directory).unwrap();
    assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_link_in_place_of_a_private_directory_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let link = place.path().join("job");
    symlink(place.path(), &link).unwrap();
    assert!(create_private_directory(&link).is_err());
}

#[test]
fn a_tree_is_removed_with_closed_directories_and_links_are_not_followed() {
    let place = tempfile::tempdir().unwrap();
    let outside = place.path().join("outside");
    let inside = place.path().join("job/a/b");
    fs::create_dir_all(&inside).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "").unwrap();
    fs::write(inside.join("file"), "").unwrap();
    symlink(&outside, inside.join("link")).unwrap();
    fs::set_permissions(&inside, Permissions::from_mode(0o500)).unwrap();
    fs::set_permissions(place.path().join("job/a"), Permissions::from_mode(0o000)).unwrap();
    remove_tree(&place.path().join("job")).unwrap();
    assert!(is_gone(&place.path().join("job")));
    assert!(outside.join("kept").exists());
    remove_tree(&place.path().join("job")).unwrap();
}

#[test]
fn a_text_over_the_limit_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("text");
    fs::write(&file, "12345").unwrap();
    assert_eq!(read_text(&file, 5).unwrap(), "12345");
    assert_eq!(read_text(&file, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
}

#[test]
fn only_regular_files_are_opened_and_none_is_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let pipe = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), pipe, Mode::RWXU, 0).unwrap();
    symlink("pipe", at("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    for (name, what) in [
        ("pipe", "named pipe"),
        ("link", "named pipe"),
        ("socket", "socket"),
        (".", "directory"),
        ("/dev/zero", "device"),
    ] {
        let errors =
            [read_regular(&at(name), 9).unwrap_err(), create_regular(&at(name)).unwrap_err()];
        for error in errors {
            assert_eq!(error.to_string(), format!("is a {what}, not a file"));
        }
    }
}

#[test]
fn a_file_is_written_anew_and_read_up_to_a_limit() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    create_regular(&path).unwrap().write_all(b"long content").unwrap();
    create_regular(&path).unwrap().write_all(b"short").unwrap();
    assert_eq!(read_regular(&path, 5).unwrap(), b"short");
    assert_eq!(read_regular(&path, 4).unwrap_err().to_string(), "larger than 4 bytes");
    assert_eq!(read_text(&place.path().join("no"), 4).unwrap_err().kind(), io::ErrorKind::NotFound);
}
