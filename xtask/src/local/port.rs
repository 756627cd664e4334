//! Which port.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, Result, bail};

/// The port asked for, if nobody has it; without one, some free port.
pub(crate) fn pick(wanted: Option<u16>) -> Result<u16> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.unwrap_or(0))) {
        Ok(listener) => Ok(listener.local_addr()?.port()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!(
                "port {} is taken: name another with --port, or leave --port out for a free one",
                wanted.unwrap_or(0)
            )
        }
        Err(error) => Err(error).context("cannot listen on 127.0.0.1"),
    }
}
