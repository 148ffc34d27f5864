//! What can be made to go wrong, where and how often.

use serde::Deserialize;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// This status instead of an answer.
    Status(u16),
    /// 429, and how long to wait.
    RateLimited {
        /// The `Retry-After` header, if any.
        retry_after_s: Option<u64>,
    },
    /// No answer, ever.
    Silent,
    /// The connection is cut before the answer begins.
    HungUp,
    /// The answer begins late.
    SlowFirstByte {
        /// How late.
        ms: u64,
    },
    /// The body has one wrong bit.
    FlippedByte {
        /// The byte of the file that is wrong.
        at: u64,
    },
    /// The connection is cut in the body.
    CutAt {
        /// The first byte that is not sent.
        byte: u64,
    },
    /// Nothing more comes, the connection stays.
    StalledAt {
        /// The first byte that is not sent.
        byte: u64,
    },
    /// The body comes in drops.
    Dribble {
        /// How fast.
        bytes_per_s: u64,
    },
    /// The body ends well but has too few bytes, and no length was announced.
    ShortBy {
        /// How many are missing.
        bytes: u64,
    },
    /// The body has bytes after its end, and no length was announced.
    LongBy {
        /// How many are added.
        bytes: u64,
    },
    /// No `Content-Length`.
    NoLength,
    /// `Range` is ignored: the whole file comes with a 200.
    IgnoresRange,
    /// The 206 is about another range than asked for.
    WrongRange,
    /// The body is said to be compressed.
    Compressed,
    /// The file list and the headers promise another hash.
    WrongHash,
    /// The file list and the headers promise another size.
    WrongSize {
        /// The size they promise.
        bytes: u64,
    },
    /// No `ETag`, no `X-Linked-Etag`.
    NoHash,
    /// No `X-Repo-Commit`.
    NoCommit,
    /// `X-Repo-Commit` names another commit.
    WrongCommit,
    /// The signed address has expired before it is given.
    ExpiredUrl,
    /// A redirect to wherever the text says.
    RedirectTo(String),
    /// HTML with a 200 where JSON was asked for.
    NotJson,
    /// The list's next page is wherever the text says.
    NextPage(String),
    /// The file list has one more entry, with this path.
    ExtraPath(String),
    /// As soon as this was answered, `main` has a new commit.
    MainMoves {
        /// The file that changes.
        path: String,
        /// Its new text.
        text: String,
    },
}

impl What {
    /// Whether it happens while a body is sent.
    fn is_of_the_body(&self) -> bool {
        matches!(
            self,
            What::FlippedByte { .. }
                | What::CutAt { .. }
                | What::StalledAt { .. }
                | What::Dribble { .. }
                | What::ShortBy { .. }
                | What::LongBy { .. }
                | What::NoLength
                | What::IgnoresRange
                | What::WrongRange
                | What::Compressed
        )
    }

    /// Whether it can happen on this kind of request at all: elsewhere it must not be used up.
    fn can_happen_on(&self, route: Route) -> bool {
        match self {
            What::ExpiredUrl | What::NoCommit | What::WrongCommit => {
                matches!(route, Route::Head | Route::Get)
            }
            What::ExtraPath(_) => route == Route::Tree,
            What::NextPage(_) => matches!(route, Route::Tree | Route::Commits | Route::Search),
            What::NotJson => !matches!(route, Route::Head | Route::Get | Route::Cdn),
            _ => true,
        }
    }

    /// Whether it changes what is promised about files, without ever being used up.
    fn is_of_the_promise(&self) -> bool {
        matches!(self, What::WrongHash | What::WrongSize { .. } | What::NoHash)
    }
}

/// The kinds of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Repository info.
    Info,
    /// The file list.
    Tree,
    /// `paths-info`.
    PathsInfo,
    /// Branches and tags.
    Refs,
    /// History.
    Commits,
    /// Search.
    Search,
    /// `whoami-v2`.
    Whoami,
    /// HEAD of a file.
    Head,
    /// GET of a file, at the Hub.
    Get,
    /// GET of a file, at the CDN.
    Cdn,
    /// Everything else.
    Other,
}

/// Something that goes wrong, where and how often.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    pub what: What,
    /// In this repository only.
    #[serde(default)]
    pub repo: Option<String>,
    /// With this file only.
    #[serde(default)]
    pub path: Option<String>,
    /// On this kind of request only. Without it, faults of a body happen to files.
    #[serde(default)]
    pub route: Option<Route>,
    /// This often; without it, always.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// Everywhere and always.
    pub fn new(what: What) -> Fault {
        Fault { what, repo: None, path: None, route: None, times: None }
    }

    /// In this repository only.
    #[must_use]
    pub fn of(mut self, repo: &str) -> Fault {
        self.repo = Some(repo.to_owned());
        self
    }

    /// With this file only.
    #[must_use]
    pub fn file(mut self, path: &str) -> Fault {
        self.path = Some(path.to_owned());
        self
    }

    /// On this kind of request only.
    #[must_use]
    pub fn on(mut self, route: Route) -> Fault {
        self.route = Some(route);
        self
    }

    /// This often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Some(times);
        self
    }

    /// One time.
    #[must_use]
    pub fn once(self) -> Fault {
        self.times(1)
    }
}

impl From<What> for Fault {
    fn from(what: What) -> Fault {
        Fault::new(what)
    }
}

/// What a request is about, as far as faults can tell.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) route: Route,
    pub(super) repo: Option<String>,
    pub(super) path: Option<String>,
}

/// When in the course of a request a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the answer is made.
    Head,
    /// While a file's bytes are sent.
    FileBody,
    /// While anything else is sent.
    OtherBody,
}

/// The faults that are armed.
#[derive(Debug, Default)]
pub(super) struct Armed(Vec<Fault>);

impl Armed {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that strike now; each costs one of its times.
    pub(super) fn strike(&mut self, place: &Place, moment: Moment) -> Vec<What> {
        let mut struck = Vec::new();
        for fault in &mut self.0 {
            let fits = fault.repo.as_ref().is_none_or(|repo| Some(repo) == place.repo.as_ref())
                && fault.path.as_ref().is_none_or(|path| Some(path) == place.path.as_ref())
                && fault.route.is_none_or(|route| route == place.route)
                && !fault.what.is_of_the_promise()
                && fault.what.can_happen_on(place.route)
                && match moment {
                    Moment::Head => !fault.what.is_of_the_body(),
                    Moment::FileBody => fault.what.is_of_the_body(),
                    Moment::OtherBody => fault.what.is_of_the_body() && fault.route.is_some(),
                };
            if !fits || fault.times == Some(0) {
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            struck.push(fault.what.clone());
        }
        struck
    }

    /// What is falsely promised about a file, on every route.
    pub(super) fn promises(&self, repo: &str, path: &str) -> Vec<What> {
        let about = |fault: &&Fault| {
            fault.what.is_of_the_promise()
                && fault.repo.as_deref().is_none_or(|of| of == repo)
                && fault.path.as_deref().is_none_or(|of| of == path)
        };
        self.0.iter().filter(about).map(|fault| fault.what.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_it_was_set_and_as_often() {
        let mut armed = Armed::default();
        armed.add(Fault::new(What::Status(503)).of("acme/tiny").on(Route::Tree).times(2));
        let place = |route, repo: &str| Place { route, repo: Some(repo.to_owned()), path: None };
        assert!(armed.strike(&place(Route::Info, "acme/tiny"), Moment::Head).is_empty());
        assert!(armed.strike(&place(Route::Tree, "acme/other"), Moment::Head).is_empty());
        for expected in [1, 1, 0] {
            let struck = armed.strike(&place(Route::Tree, "acme/tiny"), Moment::Head);
            assert_eq!(struck.len(), expected);
        }
    }
}
