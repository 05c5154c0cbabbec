// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import dev.awp.ffm.dnnl.DnnlHeader;
import dev.awp.ffm.dnnl.dnnl_exec_arg_t;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A thread's own queue of primitives, on one core. */
final class DnnlStream {
  private static final int MAX_ARGUMENTS = 4;

  private final MemorySegment stream;
  private final MemorySegment arguments;

  /** A stream of the calling thread, which must run what it executes. */
  DnnlStream(MemorySegment engine, Arena arena) {
    // Of this thread alone, and for as long as it lives: every other starts with all cores.
    DnnlHeader.omp_set_num_threads(1);
    this.stream =
        DnnlMatmul.create(
            "dnnl_stream_create",
            out ->
                DnnlHeader.dnnl_stream_create(out, engine, DnnlHeader.dnnl_stream_default_flags()),
            DnnlHeader::dnnl_stream_destroy,
            arena);
    this.arguments = dnnl_exec_arg_t.allocateArray(MAX_ARGUMENTS, arena);
  }

  /** Runs a primitive with memory objects for its arguments, to its end. */
  void execute(MemorySegment primitive, int[] names, MemorySegment... memories) {
    for (int i = 0; i < names.length; i++) {
      MemorySegment argument = dnnl_exec_arg_t.asSlice(arguments, i);
      dnnl_exec_arg_t.arg(argument, names[i]);
      dnnl_exec_arg_t.memory(argument, memories[i]);
    }
    Status.check(
        "dnnl_primitive_execute",
        DnnlHeader.dnnl_primitive_execute(primitive, stream, names.length, arguments));
    Status.check("dnnl_stream_wait", DnnlHeader.dnnl_stream_wait(stream));
  }
}
