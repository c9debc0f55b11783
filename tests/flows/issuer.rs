//! An outside issuer that publishes its keys: a server with a JWKS that counts how often it is asked,
//! and tokens signed with RS256 and ES256.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use nokube_tests::{Plan, World};
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

pub const NAME: &str = "https://idp.test";

pub struct Issuer {
    url: String,
    keys: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    /// One that publishes an RSA key `r` and an elliptic one `e`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys = Arc::new(Mutex::new(json!([rsa_jwk("r"), ec_jwk("e", 1)])));
        let asked = Arc::new(AtomicUsize::new(0));
        let (served, count) = (keys.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                count.fetch_add(1, Ordering::SeqCst);
                let body = json!({ "keys": *served.lock().unwrap() }).to_string();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, keys, asked }
    }

    /// A platform that takes this issuer's tokens.
    pub fn plan(&self) -> Plan {
        World::plan()
            .set("auth_oidc_issuer", NAME)
            .set("auth_oidc_keys_url", &self.url)
            .set("auth_oidc_login_claim", "preferred_username")
    }

    pub fn publish(&self, keys: &[Value]) {
        *self.keys.lock().unwrap() = json!(keys);
    }

    /// How often the keys were asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn rsa() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| PrivateKey::try_generate().unwrap())
}

fn ec(seed: u8) -> ecdsa::SigningKey {
    ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub fn rsa_jwk(kid: &str) -> Value {
    let (n, e) = (rsa().n().to_be_bytes_trimmed_vartime(), rsa().e().to_be_bytes_trimmed_vartime());
    json!({ "kty": "RSA", "kid": kid, "use": "sig", "n": B64.encode(&n), "e": B64.encode(&e) })
}

pub fn ec_jwk(kid: &str, seed: u8) -> Value {
    let point = ec(seed).verifying_key().to_sec1_point(false);
    let (x, y) = (B64.encode(&point.as_bytes()[1..33]), B64.encode(&point.as_bytes()[33..]));
    json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y })
}

/// What the issuer says of somebody, for two hours.
pub fn claims(login: &str) -> Value {
    let now = jiff::Timestamp::now().as_second();
    json!({ "iss": NAME, "sub": format!("u-{login}"), "aud": "nokube", "exp": now + 7_200,
            "iat": now, "preferred_username": login })
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let text = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
    let signature = sign(text.as_bytes());
    format!("{text}.{}", B64.encode(signature))
}

pub fn rs256(kid: &str, claims: &Value) -> String {
    let key = pkcs1v15::SigningKey::<Sha256>::new(rsa().clone());
    signed(&json!({ "alg": "RS256", "kid": kid }), claims, |text| {
        rsa::signature::Signer::sign(&key, text).to_bytes().to_vec()
    })
}

pub fn es256(kid: &str, claims: &Value, seed: u8) -> String {
    signed(&json!({ "alg": "ES256", "kid": kid }), claims, |text| {
        let signature: ecdsa::Signature = ec(seed).sign(text);
        signature.to_bytes().to_vec()
    })
}
