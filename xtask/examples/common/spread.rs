//! Several samples of a figure.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    median: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of<T>(samples: &[T], value: impl Fn(&T) -> f64) -> Self {
        let mut values: Vec<f64> = samples.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        // Between the two in the middle, which are one and the same for an odd number.
        let median = f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2));
        Self { min: at(0), median, max: at(values.len().saturating_sub(1)) }
    }

    pub(crate) fn shown(&self, decimals: usize) -> String {
        let Self { min, median, max } = self;
        format!("{median:.decimals$} ({min:.decimals$}–{max:.decimals$})")
    }
}
