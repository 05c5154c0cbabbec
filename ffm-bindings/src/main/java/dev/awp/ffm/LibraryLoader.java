// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.blas.BlasProvider.UnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads native libraries, checked, so that the generated bindings find them. */
final class LibraryLoader {
  private static final Logger LOG = LoggerFactory.getLogger(LibraryLoader.class);

  private LibraryLoader() {}

  /**
   * Takes a bundle out to this user's cache, verified, and loads it.
   *
   * @param symbols that the bindings look up
   * @param kind what the file should be, for messages: "an OpenBLAS with LAPACK"
   * @return the file of the bundle's last library
   */
  static Path load(Bundle bundle, List<String> symbols, String kind) throws UnavailableException {
    Path root = LibraryCache.defaultRoot(System.getProperties(), System.getenv());
    Path folder = new LibraryCache(root).provide(bundle);
    for (Bundle.Library library : bundle.libraries().subList(0, bundle.libraries().size() - 1)) {
      Path file = folder.resolve(library.file());
      try {
        System.load(file.toString());
      } catch (UnsatisfiedLinkError e) {
        // A system with a newer one of its own may refuse this one; if the last library misses
        // anything for it, its load says so.
        LOG.debug("{} was not loaded", file, e);
      }
    }
    Path file = folder.resolve(bundle.libraries().getLast().file());
    load(file, symbols, kind);
    return file;
  }

  /** Loads a file that has all those symbols. */
  static void load(Path file, List<String> symbols, String kind) throws UnavailableException {
    // The generated bindings search what System.load has loaded: nothing comes there unchecked.
    try (Arena probe = Arena.ofConfined()) {
      SymbolLookup lookup = SymbolLookup.libraryLookup(file, probe);
      for (String symbol : symbols) {
        if (lookup.find(symbol).isEmpty()) {
          throw new UnavailableException(file + " is not " + kind + ": it has no " + symbol);
        }
      }
      System.load(file.toString());
    } catch (IllegalArgumentException | UnsatisfiedLinkError e) {
      throw new UnavailableException(file + " cannot be loaded: " + e.getMessage(), e);
    }
  }
}
