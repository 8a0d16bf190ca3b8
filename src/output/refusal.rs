//! Why nothing was written: place, cause, way out.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing was written.
#[derive(Debug)]
pub enum Refusal {
    /// The folder holds something that refract did not write.
    NotOurs(PathBuf),
    /// The lock file cannot be read, so that what refract wrote cannot be told from what a person wrote.
    BadLock {
        /// The lock file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A later version of refract wrote the folder.
    Newer {
        /// The lock file.
        path: PathBuf,
        /// The version that it names.
        version: String,
    },
    /// A file stands where the folder should be.
    NotAFolder(PathBuf),
    /// The folder in which the folder should be does not exist.
    NoParent {
        /// The folder.
        folder: PathBuf,
        /// What does not exist.
        parent: PathBuf,
    },
    /// A folder or link stands where a file must go, or a file where a folder must go.
    InTheWay(PathBuf),
    /// A path that leads out of the folder.
    Outside(PathBuf),
    /// The system refused.
    System {
        /// Where.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl Refusal {
    /// The system refused at `path`.
    pub(super) fn system(path: &Path, cause: io::Error) -> Self {
        Self::System { path: path.to_path_buf(), cause }
    }

    /// What the user can do.
    pub fn help(&self) -> String {
        match self {
            Self::NotOurs(_) => "name a new or empty folder with -o, or add --force".to_owned(),
            Self::BadLock { .. } => {
                "take the file back from version control, or delete it and add --force, which overwrites edited files"
                    .to_owned()
            }
            Self::Newer { version, .. } => {
                format!("run refract {version} or later, or name another folder with -o")
            }
            Self::NotAFolder(_) => "name a folder with -o".to_owned(),
            Self::NoParent { parent, .. } => format!("create {} first, or name another folder", parent.display()),
            Self::InTheWay(_) => "move it away, or name another folder with -o".to_owned(),
            Self::Outside(_) => "please report this with the input".to_owned(),
            Self::System { path, cause } => system_help(path, cause),
        }
    }
}

fn system_help(path: &Path, cause: &io::Error) -> String {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let kind = cause.kind();
    if matches!(kind, PermissionDenied | ReadOnlyFilesystem) {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(path);
        return format!("allow writing to {}, or name another folder with -o", above.display());
    }
    if matches!(kind, StorageFull | QuotaExceeded) {
        return "make room on the disk".to_owned();
    }
    "check the path, or name another folder with -o".to_owned()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs(path) => {
                write!(f, "{} holds files that refract did not write; nothing was written", path.display())
            }
            Self::BadLock { path, cause } => {
                write!(f, "cannot tell from {} what refract wrote: {cause}; nothing was written", path.display())
            }
            Self::Newer { path, version } => write!(
                f,
                "{} was written by refract {version}, which is later than this one ({}); nothing was written",
                path.display(),
                env!("CARGO_PKG_VERSION")
            ),
            Self::NotAFolder(path) => write!(f, "{} is a file, not a folder; nothing was written", path.display()),
            Self::NoParent { folder, parent } => {
                write!(f, "cannot create {}: {} does not exist", folder.display(), parent.display())
            }
            Self::InTheWay(path) => {
                write!(f, "something else stands where {} must go; nothing was written", path.display())
            }
            Self::Outside(path) => {
                write!(f, "the path {} leads out of the output folder; nothing was written", path.display())
            }
            Self::System { path, cause } => write!(f, "cannot write {}: {cause}", path.display()),
        }
    }
}
