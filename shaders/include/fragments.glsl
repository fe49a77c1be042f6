// Matrices of 16 by 16 that a subgroup holds and multiplies as a whole (VK_KHR_cooperative_matrix): operands in f16, sums in f32. A sum
// takes 16 elements at a time, in order, and no other element: its bits do not depend on its neighbours.
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#extension GL_KHR_shader_subgroup_vote : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require

const uint EDGE = 16u;

#define LeftFragment coopmat<float16_t, gl_ScopeSubgroup, EDGE, EDGE, gl_MatrixUseA>
#define RightFragment coopmat<float16_t, gl_ScopeSubgroup, EDGE, EDGE, gl_MatrixUseB>
#define SumFragment coopmat<float, gl_ScopeSubgroup, EDGE, EDGE, gl_MatrixUseAccumulator>

#include "halves.glsl"

// Shared memory of one subgroup, written by some of its threads and read by others.
void subgroupExchange() {
    controlBarrier(gl_ScopeSubgroup, gl_ScopeSubgroup, gl_StorageSemanticsShared, gl_SemanticsAcquireRelease);
}
