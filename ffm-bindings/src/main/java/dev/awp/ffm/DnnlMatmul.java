// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.ffm;

import static dev.awp.ffm.dnnl.DnnlHeader.dnnl_bf16;
import static dev.awp.ffm.dnnl.DnnlHeader.dnnl_f32;

import dev.awp.ffm.dnnl.DnnlHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/**
 * One matmul primitive, C = A B or C = A B + C, for tiles of A and C of a fixed number of rows: A
 * [TILE, k] in bfloat16, B [k, n] in bfloat16 in the layout that the primitive likes best, C [TILE,
 * n] in float32. Its handles are freed with the arena.
 */
final class DnnlMatmul {
  /**
   * Rows of a product: a multiple of the kernels' tiles, small enough for A's to stay in cache, and
   * twice what {@link dev.awp.parallel.Workers} cuts rows at multiples of, so that little is filled
   * up.
   */
  static final int TILE = 96;

  /** Rows or columns of B that are packed at a time: whole blocks of oneDNN's layouts. */
  static final int PIECE = 192;

  private final MemorySegment engine;
  private final MemorySegment primitive;
  private final MemorySegment source;
  private final MemorySegment weights;
  private final MemorySegment destination;
  private final MemorySegment scratchpad;
  private final long scratchpadBytes;

  /** C = A B. */
  static DnnlMatmul overwriting(MemorySegment engine, int k, int n, Arena arena) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment any =
          create(
              "dnnl_memory_desc_create_with_tag",
              out ->
                  DnnlHeader.dnnl_memory_desc_create_with_tag(
                      out, 2, longs(local, k, n), dnnl_bf16(), DnnlHeader.dnnl_format_tag_any()),
              DnnlHeader::dnnl_memory_desc_destroy,
              local);
      return new DnnlMatmul(engine, k, n, any, false, arena);
    }
  }

  /** C = A B + C with the same layout of B; lives as long as this one. */
  DnnlMatmul adding(int k, int n, Arena arena) {
    return new DnnlMatmul(engine, k, n, weights, true, arena);
  }

  private DnnlMatmul(
      MemorySegment engine,
      int k,
      int n,
      MemorySegment layoutOfB,
      boolean accumulate,
      Arena arena) {
    this.engine = engine;
    this.source = plain(dnnl_bf16(), TILE, k, k, 1, arena);
    this.destination = plain(dnnl_f32(), TILE, n, n, 1, arena);
    try (Arena local = Arena.ofConfined()) {
      MemorySegment attributes = attributes(accumulate, local);
      MemorySegment description =
          create(
              "dnnl_matmul_primitive_desc_create",
              out ->
                  DnnlHeader.dnnl_matmul_primitive_desc_create(
                      out, engine, source, layoutOfB, MemorySegment.NULL, destination, attributes),
              DnnlHeader::dnnl_primitive_desc_destroy,
              arena);
      // These two belong to the description.
      this.weights =
          DnnlHeader.dnnl_primitive_desc_query_md(
              description, DnnlHeader.dnnl_query_weights_md(), 0);
      this.scratchpad =
          DnnlHeader.dnnl_primitive_desc_query_md(
              description, DnnlHeader.dnnl_query_scratchpad_md(), 0);
      this.scratchpadBytes = DnnlHeader.dnnl_memory_desc_get_size(scratchpad);
      this.primitive = primitive(description, arena);
    }
  }

  /** Memory that an execution needs beside its operands, in bytes. */
  long scratchpadBytes() {
    return scratchpadBytes;
  }

  /**
   * The memory object of a B in the layout of this primitive, for {@link #pack} and {@link #run}.
   * oneDNN allocates it: nothing is written before B's pieces are, by many threads.
   */
  MemorySegment allocateB(Arena arena) {
    return memory(weights, DnnlHeader.DNNL_MEMORY_ALLOCATE(), arena);
  }

  /** A piece of B, [k, n], that begins at a row and a column: multiples of {@link #PIECE}. */
  record Piece(int row, int column, int k, int n) {}

  /**
   * Copies a piece of B, plain in bfloat16, into B in the layout of this primitive; the pieces of
   * one B may be copied by many threads at once.
   *
   * @param plain with the given distances, in elements, from row to row and column to column
   * @param b made by {@link #allocateB}
   */
  void pack(MemorySegment plain, Piece piece, long rowStride, long columnStride, MemorySegment b) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment from = plain(dnnl_bf16(), piece.k(), piece.n(), rowStride, columnStride, local);
      MemorySegment to =
          create(
              "dnnl_memory_desc_create_submemory",
              out ->
                  DnnlHeader.dnnl_memory_desc_create_submemory(
                      out,
                      weights,
                      longs(local, piece.k(), piece.n()),
                      longs(local, piece.row(), piece.column())),
              DnnlHeader::dnnl_memory_desc_destroy,
              local);
      MemorySegment reorder =
          primitive(
              create(
                  "dnnl_reorder_primitive_desc_create",
                  out ->
                      DnnlHeader.dnnl_reorder_primitive_desc_create(
                          out, from, engine, to, engine, MemorySegment.NULL),
                  DnnlHeader::dnnl_primitive_desc_destroy,
                  local),
              local);
      new DnnlStream(engine, local)
          .execute(
              reorder,
              new int[] {DnnlHeader.DNNL_ARG_FROM(), DnnlHeader.DNNL_ARG_TO()},
              memory(from, plain, local),
              memory(to, data(b, local), local));
    }
  }

  private static MemorySegment data(MemorySegment memory, Arena arena) {
    MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
    Status.check(
        "dnnl_memory_get_data_handle", DnnlHeader.dnnl_memory_get_data_handle(memory, out));
    return out.get(ValueLayout.ADDRESS, 0);
  }

  /** The memory object of a tile of A. */
  MemorySegment source(MemorySegment tile, Arena arena) {
    return memory(source, tile, arena);
  }

  /** The memory object of a tile of C. */
  MemorySegment destination(MemorySegment tile, Arena arena) {
    return memory(destination, tile, arena);
  }

  /** The memory object of a scratchpad. */
  MemorySegment scratchpad(MemorySegment bytes, Arena arena) {
    return memory(scratchpad, bytes, arena);
  }

  /** Multiplies, with memory objects of this primitive or of one with the same k and n. */
  void run(
      DnnlStream stream, MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment pad) {
    stream.execute(
        primitive,
        new int[] {
          DnnlHeader.DNNL_ARG_SRC(),
          DnnlHeader.DNNL_ARG_WEIGHTS(),
          DnnlHeader.DNNL_ARG_DST(),
          DnnlHeader.DNNL_ARG_SCRATCHPAD()
        },
        a,
        b,
        c,
        pad);
  }

  /** The caller gives the scratchpad: one that the library keeps would not be for many threads. */
  private static MemorySegment attributes(boolean accumulate, Arena arena) {
    MemorySegment attributes =
        create(
            "dnnl_primitive_attr_create",
            DnnlHeader::dnnl_primitive_attr_create,
            DnnlHeader::dnnl_primitive_attr_destroy,
            arena);
    Status.check(
        "dnnl_primitive_attr_set_scratchpad_mode",
        DnnlHeader.dnnl_primitive_attr_set_scratchpad_mode(
            attributes, DnnlHeader.dnnl_scratchpad_mode_user()));
    if (accumulate) {
      MemorySegment operations =
          create(
              "dnnl_post_ops_create",
              DnnlHeader::dnnl_post_ops_create,
              DnnlHeader::dnnl_post_ops_destroy,
              arena);
      Status.check(
          "dnnl_post_ops_append_sum",
          DnnlHeader.dnnl_post_ops_append_sum(operations, 1, 0, DnnlHeader.dnnl_data_type_undef()));
      Status.check(
          "dnnl_primitive_attr_set_post_ops",
          DnnlHeader.dnnl_primitive_attr_set_post_ops(attributes, operations));
    }
    return attributes;
  }

  private static MemorySegment plain(
      int type, int rows, int columns, long rowStride, long columnStride, Arena arena) {
    try (Arena local = Arena.ofConfined()) {
      return create(
          "dnnl_memory_desc_create_with_strides",
          out ->
              DnnlHeader.dnnl_memory_desc_create_with_strides(
                  out, 2, longs(local, rows, columns), type, longs(local, rowStride, columnStride)),
          DnnlHeader::dnnl_memory_desc_destroy,
          arena);
    }
  }

  private static MemorySegment primitive(MemorySegment description, Arena arena) {
    return create(
        "dnnl_primitive_create",
        out -> DnnlHeader.dnnl_primitive_create(out, description),
        DnnlHeader::dnnl_primitive_destroy,
        arena);
  }

  private MemorySegment memory(MemorySegment description, MemorySegment data, Arena arena) {
    return create(
        "dnnl_memory_create",
        out -> DnnlHeader.dnnl_memory_create(out, description, engine, data),
        DnnlHeader::dnnl_memory_destroy,
        arena);
  }

  private static MemorySegment longs(Arena arena, long first, long second) {
    return arena.allocateFrom(ValueLayout.JAVA_LONG, first, second);
  }

  /** A function that writes a handle to where it is told. */
  interface Creation {
    int create(MemorySegment out);
  }

  /** Makes a handle that is destroyed with the arena. */
  static MemorySegment create(
      String function, Creation creation, Consumer<MemorySegment> destroy, Arena arena) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment out = local.allocate(ValueLayout.ADDRESS);
      Status.check(function, creation.create(out));
      return out.get(ValueLayout.ADDRESS, 0).reinterpret(arena, destroy);
    }
  }
}
