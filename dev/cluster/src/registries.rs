//! The registries of a cluster, and which of them a node asks for an image.

use crate::{control_plane::ADDRESS, images::Registry};
use anyhow::Result;
use std::{fs, path::Path};

/// The login of the private registries.
pub const USER: &str = "puller";
pub const PASSWORD: &str = "s3cret";
/// `htpasswd -B` of them.
const PASSWORD_FILE: &str = "puller:$2b$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryKind {
    /// Everybody may pull and push.
    Open,
    /// User and password.
    Login,
}

impl RegistryKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "registry-open",
            Self::Login => "registry-login",
        }
    }

    pub fn registry(self) -> Registry {
        let (port, login) = match self {
            Self::Open => (5000, None),
            Self::Login => (5001, Some((USER.into(), PASSWORD.into()))),
        };
        Registry { url: format!("http://{ADDRESS}:{port}"), login }
    }

    /// Writes the configuration of Debian's `docker-registry`. Returns its arguments.
    pub fn write_config(self, root: &Path) -> Result<Vec<String>> {
        let name = self.name();
        let url = self.registry().url;
        let mut config = format!(
            "version: 0.1\nlog: {{accesslog: {{disabled: true}}, level: warn}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: '{}'}}\n",
            root.join(name).display(),
            url.trim_start_matches("http://")
        );
        if self == Self::Login {
            let passwords = root.join("passwords");
            fs::write(&passwords, PASSWORD_FILE)?;
            config +=
                &format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", passwords.display());
        }
        let file = root.join(format!("{name}.yaml"));
        fs::write(&file, config)?;
        Ok(vec!["serve".into(), file.display().to_string()])
    }
}

/// Lets the nodes pull images of the registry `host` from `url`. It takes effect at the next pull.
///
/// <https://github.com/containerd/containerd/blob/main/docs/hosts.md>
pub fn write_host(root: &Path, host: &str, url: &str) -> Result<()> {
    let folder = root.join("registries").join(host);
    fs::create_dir_all(&folder)?;
    let text =
        format!("server = \"{url}\"\n[host.\"{url}\"]\n  capabilities = [\"pull\", \"resolve\"]\n");
    fs::write(folder.join("hosts.toml"), text)?;
    Ok(())
}
