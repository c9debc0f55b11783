//! An external OIDC issuer: a server with a JWKS that counts its requests, and tokens signed with RS256
//! and ES256.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use nokube_tests::{TestConfig, TestPlatform};
use p256::ecdsa::{self, signature::Signer};
use rsa::{
    Generate, PrivateKey, pkcs1v15, sha2::Sha256, signature::SignatureEncoding,
    traits::PublicKeyParts,
};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// The `iss` claim of its tokens.
pub const ISSUER: &str = "https://idp.test";

pub struct OidcIssuer {
    url: String,
    keys: Arc<Mutex<Value>>,
    request_count: Arc<AtomicUsize>,
}

impl OidcIssuer {
    /// Starts an issuer that publishes an RSA key `r` and an elliptic curve key `e`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys = Arc::new(Mutex::new(json!([rsa_jwk("r"), ec_jwk("e", 1)])));
        let request_count = Arc::new(AtomicUsize::new(0));
        let (served, count) = (keys.clone(), request_count.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                count.fetch_add(1, Ordering::SeqCst);
                let body = json!({ "keys": *served.lock().unwrap() }).to_string();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let response = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(response.as_bytes()).await;
            }
        });
        Self { url, keys, request_count }
    }

    /// The configuration of a platform that accepts this issuer's tokens.
    pub fn config(&self) -> TestConfig {
        TestPlatform::config()
            .variable("auth_oidc_issuer", ISSUER)
            .variable("auth_oidc_keys_url", &self.url)
            .variable("auth_oidc_login_claim", "preferred_username")
    }

    /// Replaces the published keys.
    pub fn publish(&self, keys: &[Value]) {
        *self.keys.lock().unwrap() = json!(keys);
    }

    /// How often the keys were requested.
    pub fn request_count(&self) -> usize {
        self.request_count.load(Ordering::SeqCst)
    }
}

fn rsa_key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::try_generate().unwrap())
}

fn ec_key(seed: u8) -> ecdsa::SigningKey {
    ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub fn rsa_jwk(kid: &str) -> Value {
    let (n, e) =
        (rsa_key().n().to_be_bytes_trimmed_vartime(), rsa_key().e().to_be_bytes_trimmed_vartime());
    json!({ "kty": "RSA", "kid": kid, "use": "sig", "n": B64.encode(&n), "e": B64.encode(&e) })
}

pub fn ec_jwk(kid: &str, seed: u8) -> Value {
    let point = ec_key(seed).verifying_key().to_sec1_point(false);
    let (x, y) = (B64.encode(&point.as_bytes()[1..33]), B64.encode(&point.as_bytes()[33..]));
    json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y })
}

/// The claims of a token for `login` that expires in two hours.
pub fn claims(login: &str) -> Value {
    let now = jiff::Timestamp::now().as_second();
    json!({ "iss": ISSUER, "sub": format!("u-{login}"), "aud": "nokube", "exp": now + 7_200,
            "iat": now, "preferred_username": login })
}

fn encode_signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
    let signature = sign(text.as_bytes());
    format!("{text}.{}", B64.encode(signature))
}

pub fn rs256(kid: &str, claims: &Value) -> String {
    let key = pkcs1v15::SigningKey::<Sha256>::new(rsa_key().clone());
    encode_signed(&json!({ "alg": "RS256", "kid": kid }), claims, |text| {
        rsa::signature::Signer::sign(&key, text).to_bytes().to_vec()
    })
}

pub fn es256(kid: &str, claims: &Value, seed: u8) -> String {
    encode_signed(&json!({ "alg": "ES256", "kid": kid }), claims, |text| {
        let signature: ecdsa::Signature = ec_key(seed).sign(text);
        signature.to_bytes().to_vec()
    })
}
