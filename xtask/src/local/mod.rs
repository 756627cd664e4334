//! Carillon on this machine: the functions, the template, and a local cloud to run them.

mod cloud;
mod deploy;
mod down;
mod functions;
mod logs;
mod outside;
mod port;
mod python;
mod seed;
mod up;
mod welcome;

pub(crate) use down::down;
pub(crate) use functions::Build;
pub(crate) use logs::tail;
pub(crate) use python::Venv;
pub(crate) use up::{Running, start, up};
