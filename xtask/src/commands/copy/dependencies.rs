//! The crates that the copied file imports, beside those that the package has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail, ensure};
use semver::Version;
use serde::Deserialize;
use toml::{Table, Value};

use super::package::Package;
use bench::experiment::{Dependency, Variant};

/// A crate that the file imports, and what has to be done for it.
pub(super) struct Step<'a> {
    pub(super) dependency: &'a Dependency,
    pub(super) how: How,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum How {
    /// It gets a version of its own.
    Add,
    /// It gets the version of the workspace around it.
    Inherit,
    /// It is there, and its version was chosen by somebody; perhaps its default features are to be switched on.
    Keep { defaults: bool },
}

/// A dependency that the package has.
#[derive(Deserialize)]
pub(super) struct Has {
    pub(super) name: String,
    pub(super) rename: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) target: Option<String>,
    pub(super) optional: bool,
    pub(super) uses_default_features: bool,
    pub(super) features: Vec<String>,
}

impl Has {
    /// As the code of the package knows it.
    pub(super) fn key(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.name)
    }

    /// In `[dependencies]` itself.
    pub(super) fn is_plain(&self) -> bool {
        self.kind.is_none() && self.target.is_none()
    }
}

impl Package {
    /// What has to be done for each crate; refuses what cannot be done.
    pub(super) fn steps<'a>(&self, variant: &'a Variant) -> Result<Vec<Step<'a>>> {
        variant.dependencies.iter().map(|dependency| self.step(dependency)).collect()
    }

    fn step<'a>(&self, dependency: &'a Dependency) -> Result<Step<'a>> {
        let (name, shown) = (&dependency.name, self.shown());
        let renamed =
            |one: &&Has| one.name == *name && one.key() != name && one.kind.as_deref() != Some("build");
        if let Some(other) = self.has.iter().find(renamed) {
            bail!(
                "{shown} has {name} under the name `{}`, the file calls it `{name}`, and cargo allows one name: \
                 call it `{name}` in its Cargo.toml, without `package`",
                other.key()
            );
        }
        if let Some(other) = self.has.iter().find(|one| one.key() == name && one.name != *name) {
            bail!(
                "in {shown} `{name}` is another crate, {}, and the file imports {name}: rename that one in its Cargo.toml",
                other.name
            );
        }
        let has = self.has.iter().find(|one| one.is_plain() && one.name == *name);
        let Some(has) = has else {
            let how = if self.can_inherit(dependency) { How::Inherit } else { How::Add };
            return Ok(Step { dependency, how });
        };
        let defaults = dependency.default_features && !has.uses_default_features;
        ensure!(
            !(defaults && self.inherits(name)),
            "{shown} has {name} from the workspace around it, without its default features, and the file needs them: \
             remove `default-features = false` from {name} in {}",
            self.workspace_root.join("Cargo.toml").display()
        );
        Ok(Step { dependency, how: How::Keep { defaults } })
    }

    /// Whether its Cargo.toml says `workspace = true` of this crate.
    fn inherits(&self, name: &str) -> bool {
        let entry = self.table.get("dependencies").and_then(|table| table.get(name));
        entry.and_then(|entry| entry.get("workspace")?.as_bool()) == Some(true)
    }

    /// Whether the workspace around it has a version that the file can use as it is.
    fn can_inherit(&self, dependency: &Dependency) -> bool {
        let Some(entry) = self.shared(&dependency.name) else { return false };
        let renamed =
            entry.get("package").and_then(Value::as_str).is_some_and(|name| name != dependency.name);
        let without = entry.get("default-features").and_then(Value::as_bool) == Some(false);
        !(renamed || without && dependency.default_features)
    }

    fn shared(&self, name: &str) -> Option<&Value> {
        self.around.get("workspace")?.get("dependencies")?.get(name)
    }

    /// What Cargo.toml says, or will say, of the crate of this step; paths are from the root of the disk.
    pub(super) fn entry(&self, step: &Step) -> Table {
        let Dependency { name, version, features, default_features } = step.dependency;
        let text = |version: &str| Table::from_iter([("version".to_owned(), Value::from(version))]);
        let (entry, base) = match step.how {
            How::Add => {
                let mut entry = text(version);
                entry.insert("default-features".to_owned(), Value::from(*default_features));
                (Value::Table(entry), &self.real)
            }
            How::Keep { .. } if !self.inherits(name) => {
                let entry = self.table.get("dependencies").and_then(|table| table.get(name));
                (entry.cloned().unwrap_or_else(|| Value::from(version.as_str())), &self.real)
            }
            How::Keep { .. } | How::Inherit => {
                let entry = self.shared(name).cloned();
                (entry.unwrap_or_else(|| Value::from(version.as_str())), &self.workspace_root)
            }
        };
        let mut entry = match entry {
            Value::Table(entry) => entry,
            other => text(other.as_str().unwrap_or(version)),
        };
        entry.remove("optional");
        make_absolute(&mut entry, base);
        if step.how == (How::Keep { defaults: true }) {
            entry.insert("default-features".to_owned(), Value::from(true));
        }
        let kept = self.has.iter().find(|one| one.is_plain() && one.name == *name);
        let mut all: BTreeSet<String> = features.iter().cloned().collect();
        all.extend(kept.into_iter().flat_map(|one| one.features.iter().cloned()));
        let listed = entry.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
        all.extend(listed.iter().filter_map(|feature| feature.as_str().map(str::to_owned)));
        entry.insert("features".to_owned(), Value::from(all.into_iter().collect::<Vec<_>>()));
        entry
    }

    /// The condition under which all crates of the file are there, if some are optional.
    pub(super) fn condition(&self, steps: &[Step]) -> Option<String> {
        let mut all = BTreeSet::new();
        for step in steps {
            let name = &step.dependency.name;
            if self.has.iter().any(|one| one.is_plain() && one.name == *name && one.optional) {
                all.insert(self.enabled_by(name));
            }
        }
        let all: Vec<_> = all.into_iter().collect();
        match &*all {
            [] => None,
            [one] => Some(one.clone()),
            all => Some(format!("all({})", all.join(", "))),
        }
    }

    /// The features that switch an optional crate on.
    fn enabled_by(&self, name: &str) -> String {
        let switches =
            |item: &String| *item == format!("dep:{name}") || item.starts_with(&format!("{name}/"));
        let on = self.features.iter().filter(|(_, items)| items.iter().any(switches));
        let mut on: Vec<_> = on.map(|(feature, _)| feature.as_str()).collect();
        if on.len() > 1 {
            on.retain(|feature| *feature != "default");
        }
        let on: Vec<_> = on.into_iter().map(|feature| format!("feature = \"{feature}\"")).collect();
        if on.len() == 1 { on.concat() } else { format!("any({})", on.join(", ")) }
    }

    /// Whether the package has this feature of a crate already, as far as its Cargo.toml says.
    pub(super) fn has_feature(&self, name: &str, feature: &str) -> bool {
        let has = self.has.iter().filter(|one| one.name == name && one.kind.is_none());
        has.flat_map(|one| &one.features).any(|one| one == feature || one == "full")
    }
}

/// Paths in a dependency or a patch are relative to the Cargo.toml that says them.
pub(super) fn make_absolute(entry: &mut Table, base: &Path) {
    if let Some(path) = entry.get("path").and_then(Value::as_str).map(|path| base.join(path)) {
        entry.insert("path".to_owned(), Value::from(path.to_string_lossy().into_owned()));
    }
}

/// The versions of the crates that the package `of` uses, as a Cargo.lock says.
pub(super) fn locked(lock: &[u8], of: &str) -> BTreeMap<String, Version> {
    let table: Table =
        std::str::from_utf8(lock).ok().and_then(|text| toml::from_str(text).ok()).unwrap_or_default();
    let packages = table.get("package").and_then(Value::as_array).cloned().unwrap_or_default();
    let word = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let own =
        packages.iter().find(|one| word(one, "name").as_deref() == Some(of) && one.get("source").is_none());
    let uses = own.and_then(|own| own.get("dependencies")?.as_array()).cloned().unwrap_or_default();
    let mut versions = BTreeMap::new();
    for used in uses.iter().filter_map(Value::as_str) {
        // The version is there only if two of the name are.
        let mut words = used.split(' ');
        let Some(name) = words.next() else { continue };
        let version = words.next().map(str::to_owned).or_else(|| {
            let one = packages.iter().find(|one| word(one, "name").as_deref() == Some(name));
            one.and_then(|one| word(one, "version"))
        });
        if let Some(version) = version.and_then(|version| Version::parse(&version).ok()) {
            versions.insert(name.to_owned(), version);
        }
    }
    versions
}
