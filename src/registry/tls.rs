//! Certificates: the system's and, when the operator names one, a private CA.

use super::fault::refused;
use crate::model::CallError;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::path::Path;
use std::sync::Arc;

const OPERATION: &str = "registry: read the certificates";

/// Settings for TLS 1.2 and 1.3 by ring, like the AWS SDK's.
pub(super) fn config(ca_file: Option<&Path>) -> Result<ClientConfig, CallError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    let (_added, _unusable) = roots.add_parsable_certificates(system.certs);
    if let Some(path) = ca_file {
        add_file(&mut roots, path)?;
    }
    if roots.is_empty() {
        let message = "no CA certificate was found on this host; install ca-certificates";
        return Err(refused(OPERATION, message));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(OPERATION, &error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), CallError> {
    let failed = |why: String| refused(OPERATION, &format!("{}: {why}", path.display()));
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let mut count = 0;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
        count += 1;
    }
    if count == 0 { Err(failed("holds no certificate in PEM".to_owned())) } else { Ok(()) }
}
