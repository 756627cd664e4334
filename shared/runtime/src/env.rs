//! Configuration comes from environment variables that the template sets.

/// A function cannot start without it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// Set to something that is not what it must be.
    #[error("environment variable {name} {problem}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What is wrong; never the value, which may be a secret.
        problem: &'static str,
    },
}

/// A variable that must be there.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError::Missing(name))
}

/// A variable that may be missing; empty counts as missing.
#[must_use]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
