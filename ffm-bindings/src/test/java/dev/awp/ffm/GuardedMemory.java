// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Linux memory whose last byte lies before a page that may not be touched. */
final class GuardedMemory {
  /** A multiple of every page size in use. */
  private static final long PAGE = 1 << 16;

  private static final int NO_ACCESS = 0;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));

  private static final MethodHandle MPROTECT =
      function(
          "mprotect",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private static final MethodHandle MUNMAP =
      function(
          "munmap",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

  private GuardedMemory() {}

  static MemorySegment allocate(Arena arena, long bytes) {
    long usable = Math.ceilDiv(bytes, PAGE) * PAGE;
    long whole = usable + PAGE;
    try {
      MemorySegment address =
          (MemorySegment)
              MMAP.invokeExact(MemorySegment.NULL, whole, NO_ACCESS, PRIVATE_ANONYMOUS, -1, 0L);
      int failure = (int) MPROTECT.invokeExact(address, usable, READ_WRITE);
      if (failure != 0) {
        throw new AssertionError("no guarded memory of " + whole + " bytes");
      }
      return address
          .reinterpret(whole, arena, memory -> free(memory, whole))
          .asSlice(usable - bytes, bytes);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static void free(MemorySegment memory, long bytes) {
    try {
      int ignored = (int) MUNMAP.invokeExact(memory, bytes);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }
}
