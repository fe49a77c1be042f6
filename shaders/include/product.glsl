// What both kernels of products with many rows are told, and which rows they take.
layout(push_constant, std430) uniform Parameters {
    uint64_t weight;
    uint64_t inputs;
    uint64_t outputs;
    uint64_t lists;         // [experts, listCapacity] rows; behind them [experts] how many
    uint64_t expertBytes;
    uint inputCount;
    uint outputCount;
    uint rowCount;
    uint rowBytes;
    uint inputStride;
    uint outputStride;
    uint rowsPerInput;      // with experts: this many neighbouring rows multiply the same row of the input
    float scale;
    uint listCapacity;
    uint expertCount;
} p;

// A row of the output: one of the list's with experts; the last one behind the end.
uint rowOf(uint index, uint64_t list, uint count) {
    uint row = min(index, count - 1u);
    return EXPERTS ? load32(list + 4ul * row) : row;
}
