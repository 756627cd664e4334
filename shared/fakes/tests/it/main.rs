//! The fakes over real connections.

#[cfg(test)]
mod google;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod support;
#[cfg(test)]
mod web_push;
