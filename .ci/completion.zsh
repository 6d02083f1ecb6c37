#!/bin/zsh
# Zsh completion of the yc tools, behind the tables that .ci/completion makes.

_yc_tool() {
	local tool=$1 many optional word method action
	local -a methods specs
	_yc_methods $tool
	_yc_specs "$tool "
	for word in ${words[2,CURRENT-1]}; do
		for method in ${(s:,:)word}; do
			_yc_specs "$tool $method"
		done
	done
	if (( ! $#methods )); then
		_arguments -s -S $specs '*:file:_files'
	elif [[ -n $optional ]]; then
		_arguments -s -S $specs '1: :_yc_method_or_file' '*:file:_files'
	else
		_arguments -s -S $specs '1: :_yc_method' '*:file:_files'
	fi
}

_yc_method() {
	_values ${many:+-s} ${many:+,} method $methods
}

_yc_method_or_file() {
	_alternative 'method:method:_yc_method' 'file:file:_files'
}

_yc() {
	local tool=$service
	local -a pages
	if [[ $tool == yc ]]; then
		if (( CURRENT > 2 )) && [[ $words[2] == help ]]; then
			shift words
			(( CURRENT-- ))
			pages=(stream methods)
		fi
		if (( CURRENT == 2 )); then
			_yc_commands
			(( ! $#pages )) || compadd $pages
			return
		fi
		shift words
		(( CURRENT-- ))
		tool=yc-$words[1]
	fi
	_yc_tool $tool
}

_yc "$@"
