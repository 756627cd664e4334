//! The crate from outside: real tokens, a real JWKS server, the real SDK against a local Secrets Manager.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod jwks;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod secret;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
