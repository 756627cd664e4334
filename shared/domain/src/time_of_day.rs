//! `HH:MM`.

use serde::{Deserialize, Serialize};

/// A time on a local clock, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

impl TimeOfDay {
    /// Reads `HH:MM`, 00:00 to 23:59.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str, max: i8| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i8>().ok().filter(|number| digits && *number <= max)
        };
        let (hour, minute) = text.split_once(':')?;
        Some(Self { hour: number(hour, 23)?, minute: number(minute, 59)? })
    }

    /// 0 to 23.
    #[must_use]
    pub fn hour(self) -> i8 {
        self.hour
    }

    /// 0 to 59.
    #[must_use]
    pub fn minute(self) -> i8 {
        self.minute
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("must be a time of day such as 22:00")
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}
