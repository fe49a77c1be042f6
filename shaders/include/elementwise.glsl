// Rows of floats by address, and how workgroups and invocations are numbered.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_control_flow_attributes : require

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint WORKGROUP = 256;

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };

// Row `row` of a matrix whose rows lie `stride` elements apart.
Floats rowOf(uint64_t matrix, uint row, uint stride) { return Floats(matrix + uint64_t(row) * stride * 4ul); }

// The host spreads workgroups over two axes, because no axis holds more than 65,535 everywhere.
uint groupIndex() { return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x; }

uint invocationIndex() { return groupIndex() * WORKGROUP + gl_LocalInvocationID.x; }
