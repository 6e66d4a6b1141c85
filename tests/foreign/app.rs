//! The application of the containers: answers every request with its version. Built for the test
//! by rustc alone, without any library of the machine, so that its image needs nothing else.

use std::io::{Read, Write};
use std::net::TcpListener;

fn main() {
    let version = std::fs::read_to_string("/version").unwrap_or_default();
    println!("version {} starts", version.trim());
    if version.contains("crashes") {
        println!("no database at db:5432");
        std::process::exit(3);
    }
    let Ok(listener) = TcpListener::bind("0.0.0.0:80") else { std::process::exit(1) };
    for mut stream in listener.incoming().flatten() {
        let mut request = [0; 4096];
        let _read = stream.read(&mut request);
        let length = version.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        let _written = stream.write_all(format!("{head}{version}").as_bytes());
    }
}
