// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.BlasProvider.UnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** The OpenBLAS that the operating system's loader knows by name. */
final class SystemLibrary {
  /** Debian's package without development files has only this name. */
  private static final String NAME = System.mapLibraryName("openblas") + (isLinux() ? ".0" : "");

  private SystemLibrary() {}

  /** The file behind the name. System.load, which the bindings need, takes no names. */
  static Path find() throws UnavailableException {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup library = SymbolLookup.libraryLookup(NAME, arena);
      MemorySegment gemm =
          library
              .find("cblas_sgemm")
              .orElseThrow(
                  () -> new UnavailableException("the system's " + NAME + " has no cblas_sgemm"));
      return fileOf(gemm, arena);
    } catch (IllegalArgumentException e) {
      throw new UnavailableException(
          "no OpenBLAS for %s %s is on the class path, and the system has no usable %s"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch"), NAME),
          e);
    }
  }

  /** int dladdr(const void *address, Dl_info *info), whose first member is the file's name. */
  private static Path fileOf(MemorySegment function, Arena arena) throws UnavailableException {
    Linker linker = Linker.nativeLinker();
    MemorySegment dladdr =
        linker
            .defaultLookup()
            .find("dladdr")
            .orElseThrow(
                () ->
                    new UnavailableException(
                        "this system cannot tell where its %s lies; -Dawp.openblas names the file"
                            .formatted(NAME)));
    MemorySegment info = arena.allocate(ValueLayout.ADDRESS, 4);
    int found;
    try {
      found =
          (int)
              linker
                  .downcallHandle(
                      dladdr,
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS))
                  .invokeExact(function, info);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a downcall throws nothing of its own", e);
    }
    if (found == 0) {
      throw new UnavailableException("the system's " + NAME + " belongs to no file");
    }
    MemorySegment name = info.get(ValueLayout.ADDRESS, 0).reinterpret(Long.MAX_VALUE);
    return Path.of(name.getString(0)).toAbsolutePath();
  }

  private static boolean isLinux() {
    return System.getProperty("os.name").startsWith("Linux");
  }
}
