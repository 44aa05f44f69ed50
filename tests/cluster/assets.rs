//! The location of etcd, kube-apiserver and kubectl.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const HOW_TO_GET_THEM: &str = "these tests need a real kube-apiserver and etcd: run \
    tests/control-plane/build.sh once (Go builds them in some minutes), or set KUBEBUILDER_ASSETS \
    to the directory that `setup-envtest use -p path` prints";

/// The directory of the binaries: `KUBEBUILDER_ASSETS`, else that of the build script. A
/// test does not build them, which takes minutes.
pub fn directory() -> PathBuf {
    if let Some(directory) = env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from) {
        assert!(
            is_complete(&directory),
            "KUBEBUILDER_ASSETS lacks kube-apiserver or etcd; {HOW_TO_GET_THEM}"
        );
        return directory;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control-plane/build.sh");
    let built = Command::new(script).arg("--built").output();
    let Some(output) = built.ok().filter(|output| output.status.success()) else {
        panic!("{HOW_TO_GET_THEM}");
    };
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end())
}

fn is_complete(directory: &Path) -> bool {
    ["etcd", "kube-apiserver"]
        .iter()
        .all(|binary| directory.join(binary).is_file())
}
