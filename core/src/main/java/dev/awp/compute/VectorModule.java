// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compute;

import java.util.Optional;

/**
 * The JDK's module of the Vector API. A JVM that is started with it says "Using incubator modules"
 * before anything else, whatever its command is. A JVM that is started with {@link #LATE_FLAG}
 * takes the module in when kernels are first asked for, by the method that the JVM itself uses for
 * modules of agents: the same classes, compiled to the same instructions, and no warning.
 */
final class VectorModule {
  /** The module's name. */
  static final String NAME = "jdk.incubator.vector";

  /** The flag that has the module from the start. */
  static final String FLAG = "--add-modules " + NAME;

  /** The flag that lets the module be taken in later. */
  static final String LATE_FLAG = "--add-exports java.base/jdk.internal.module=ALL-UNNAMED";

  private VectorModule() {}

  /** Whether classes of the Vector API can be linked, from now on. */
  static boolean isReady() {
    Optional<Module> module = ModuleLayer.boot().findModule(NAME).or(VectorModule::takenIn);
    module.ifPresent(VectorModule.class.getModule()::addReads);
    return module.isPresent();
  }

  private static Optional<Module> takenIn() {
    try {
      Class<?> modules = Class.forName("jdk.internal.module.Modules");
      return Optional.of((Module) modules.getMethod("loadModule", String.class).invoke(null, NAME));
    } catch (ReflectiveOperationException e) {
      return Optional.empty(); // not allowed, or a JDK without the module
    }
  }
}
