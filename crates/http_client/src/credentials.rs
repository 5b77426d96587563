//! Who the client says it is.

use std::path::PathBuf;

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use weir_config::{HttpClientConfig, Secret};

use crate::ClientError;

/// What goes into `Authorization`.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    Anonymous,
    Basic { username: String, password: SecretSource },
    Scheme { scheme: String, credentials: SecretSource },
}

/// A secret or the file it is read from at each use.
#[derive(Clone, Debug)]
pub(crate) enum SecretSource {
    Absent,
    Inline(Secret),
    File(PathBuf),
}

impl Credentials {
    /// `authorization` wins over `basic_auth`; the configuration allows only one.
    pub(crate) fn of(config: &HttpClientConfig) -> Self {
        if let Some(authorization) = &config.authorization {
            return Self::Scheme {
                scheme: authorization.kind.clone(),
                credentials: SecretSource::of(&authorization.credentials, &authorization.credentials_file),
            };
        }
        match &config.basic_auth {
            Some(basic) => Self::Basic {
                username: basic.username.clone(),
                password: SecretSource::of(&basic.password, &basic.password_file),
            },
            None => Self::Anonymous,
        }
    }

    /// Puts the header on. A dropped future has no effect.
    pub(crate) async fn apply(&self, request: RequestBuilder) -> Result<RequestBuilder, ClientError> {
        match self {
            Self::Anonymous => Ok(request),
            Self::Basic { username, password } => Ok(request.basic_auth(username, password.read().await?)),
            Self::Scheme { scheme, credentials } => {
                let credentials = credentials.read().await?.unwrap_or_default();
                let mut value = HeaderValue::from_str(format!("{scheme} {credentials}").trim_end())
                    .map_err(|_| ClientError::HeaderValue { name: AUTHORIZATION.to_string() })?;
                value.set_sensitive(true);
                Ok(request.headers(HeaderMap::from_iter([(AUTHORIZATION, value)])))
            }
        }
    }
}

impl SecretSource {
    fn of(inline: &Option<Secret>, file: &Option<PathBuf>) -> Self {
        match (inline, file) {
            (_, Some(path)) => Self::File(path.clone()),
            (Some(secret), None) => Self::Inline(secret.clone()),
            (None, None) => Self::Absent,
        }
    }

    async fn read(&self) -> Result<Option<String>, ClientError> {
        match self {
            Self::Absent => Ok(None),
            Self::Inline(secret) => Ok(Some(secret.0.clone())),
            Self::File(path) => match tokio::fs::read_to_string(path).await {
                Ok(text) => Ok(Some(text.trim().to_owned())),
                Err(source) => Err(ClientError::CredentialsFile { path: path.clone(), source }),
            },
        }
    }
}
