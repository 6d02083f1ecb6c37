// SPDX-License-Identifier: MIT
// Usage: node ort.js THREADS NODE_MODULES. The forward pass of tests/bench/peer.py in ONNX
// Runtime: for every line "forward N" on standard input applies ConvNet-D3 of width 128 to N
// noise images of 32x32 once and answers with the seconds that it took. NODE_MODULES holds
// onnxruntime-node, whose package brings the library along (npm i --ignore-scripts).
'use strict';
const path = require('path');
const readline = require('readline');

const [threads, modules] = process.argv.slice(2);
const ort = require(path.resolve(modules, 'onnxruntime-node'));
const SIDE = 32, WIDTH = 128, CLASSES = 10;

// ---- the little of protobuf and onnx.proto that a network needs

function varint(n) {
	const bytes = [];
	for (; n > 127; n = Math.floor(n / 128)) bytes.push(n % 128 + 128);
	return Buffer.from([...bytes, n]);
}

// Fields are [number, value]: integers as varints, text, bytes and messages with their length.
function message(...fields) {
	return Buffer.concat(fields.flatMap(([number, value]) => {
		if (typeof value === 'number') return [varint(number * 8), varint(value)];
		const bytes = Buffer.from(value);
		return [varint(number * 8 + 2), varint(bytes.length), bytes];
	}));
}

const FLOAT = 1, INT = 2, INTS = 7; // TensorProto.DataType, AttributeProto.AttributeType

function attribute(name, value) {
	return [5, Array.isArray(value) ? message([1, name], ...value.map(v => [8, v]), [20, INTS])
		: message([1, name], [3, value], [20, INT])];
}

function node(op, inputs, output, attributes = {}) {
	return [1, message(...inputs.map(name => [1, name]), [2, output], [4, op],
		...Object.entries(attributes).map(([name, value]) => attribute(name, value)))];
}

function tensor(name, shape, value) {
	const data = Float32Array.from({length: shape.reduce((a, b) => a * b)}, value);
	return [5, message(...shape.map(n => [1, n]), [2, FLOAT], [8, name],
		[9, Buffer.from(data.buffer)])];
}

function value(field, name, ...shape) {
	const dims = shape.map(n => [1, typeof n === 'number' ? message([1, n]) : message([2, n])]);
	return [field, message([1, name],
		[2, message([1, message([1, FLOAT], [2, message(...dims)])])])];
}

// ---- the network

function uniform(fan) {
	return () => (2 * Math.random() - 1) / Math.sqrt(fan);
}

function convnet() {
	const graph = [];
	let from = 'x', width = 3;
	for (let i = 1; i <= 3; i++) {
		graph.push(
			tensor(`w${i}`, [WIDTH, width, 3, 3], uniform(9 * width)),
			tensor(`b${i}`, [WIDTH], uniform(9 * width)),
			tensor(`gamma${i}`, [WIDTH], () => 1), tensor(`beta${i}`, [WIDTH], () => 0),
			node('Conv', [from, `w${i}`, `b${i}`], `conv${i}`,
				{kernel_shape: [3, 3], pads: [1, 1, 1, 1]}),
			node('InstanceNormalization', [`conv${i}`, `gamma${i}`, `beta${i}`], `norm${i}`),
			node('Relu', [`norm${i}`], `relu${i}`),
			node('AveragePool', [`relu${i}`], `pool${i}`,
				{kernel_shape: [2, 2], strides: [2, 2]}));
		from = `pool${i}`;
		width = WIDTH;
	}
	const wide = WIDTH * (SIDE / 8) ** 2;
	graph.push(tensor('w', [CLASSES, wide], uniform(wide)), tensor('b', [CLASSES], uniform(wide)),
		node('Flatten', [from], 'flat'), node('Gemm', ['flat', 'w', 'b'], 'y', {transB: 1}),
		[2, 'convnet'], value(11, 'x', 'n', 3, SIDE, SIDE), value(12, 'y', 'n', CLASSES));
	return message([1, 8], [7, message(...graph)], [8, message([1, ''], [2, 13])]);
}

async function main() {
	const session = await ort.InferenceSession.create(convnet(),
		{intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: 'all'});
	for await (const line of readline.createInterface({input: process.stdin})) {
		const [name, n] = line.split(' ');
		if (name !== 'forward') process.exit(1);
		const shape = [Number(n), 3, SIDE, SIDE];
		const noise = Float32Array.from({length: n * 3 * SIDE * SIDE}, uniform(1));
		const x = new ort.Tensor('float32', noise, shape);
		const start = process.hrtime.bigint();
		await session.run({x});
		console.log(Number(process.hrtime.bigint() - start) / 1e9);
	}
}

main();
