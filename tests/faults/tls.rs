//! Server certificates: valid, and invalid in each way.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    None,
    /// Signed by another authority.
    Untrusted,
    WrongHost,
    Expired,
}

/// The configuration of a server, and the PEM of the authority that its clients trust.
pub fn server(fault: CertificateFault) -> (Arc<ServerConfig>, String) {
    let (trusted, other) = (authority(), authority());
    let host = if fault == CertificateFault::WrongHost {
        "other.invalid"
    } else {
        "127.0.0.1"
    };
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    if fault == CertificateFault::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let signer = if fault == CertificateFault::Untrusted {
        &other
    } else {
        &trusted
    };
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, signer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        );
    (Arc::new(config.unwrap()), trusted.pem())
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
