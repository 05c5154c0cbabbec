// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import java.util.concurrent.Callable;

/**
 * A command that another module brings, found through {@link java.util.ServiceLoader} when its name
 * is typed, and never else: {@code awp} without it starts no slower and loads nothing of it.
 */
public interface ModuleCommand extends Callable<Integer> {
  /** The word that calls it. */
  String name();
}
