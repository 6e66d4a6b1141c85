//! Signature Version 4, computed again from what arrived.
//! Source: AWS General Reference, "Create a signed AWS API request".

use crate::recorder::Request;
use sha2::{Digest as _, Sha256};

/// Panics unless `request` carries the signature that `secret` makes over exactly these bytes.
pub(crate) fn check(request: &Request, secret: &str) {
    let header = &request.headers["authorization"];
    let part = |name: &str| {
        let from = header.find(name).unwrap() + name.len() + 1;
        header[from..].split(',').next().unwrap().trim().to_owned()
    };
    let (credential, signed, signature) =
        (part("Credential"), part("SignedHeaders"), part("Signature"));
    let scope: Vec<&str> = credential.split_once('/').unwrap().1.split('/').collect();
    let canonical_headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", request.headers[name])).collect();
    let method = request.line.split(' ').next().unwrap();
    let payload = hex(&Sha256::digest(&request.body));
    let canonical = format!("{method}\n/\n\n{canonical_headers}\n{signed}\n{payload}");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{}\n{}",
        request.headers["x-amz-date"],
        scope.join("/"),
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in &scope {
        key = hmac(&key, part.as_bytes());
    }
    assert_eq!(hex(&hmac(&key, to_sign.as_bytes())), signature, "of {canonical}");
}

/// RFC 2104; keys are shorter than a block here.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner =
        Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
